import { sql } from 'kysely';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { iou } from '#face/boxes.ts';
import { cosine, descriptorFromBytes, descriptorToBytes } from '#face/descriptor.ts';
import type { Box, Landmarks } from '#face/types.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

/** A face as it is stored. Box and landmarks in pixels of the upright original. */
export interface FoundFace {
  box: Box;
  landmarks: Landmarks;
  score: number;
  quality: number;
  qualityParts: Record<string, number>;
  /** Unit vectors by descriptor space. */
  descriptors: Readonly<Record<string, Float32Array>>;
}

/** Boxes that overlap this much are one face, seen again by a newer pipeline whose boxes may be a little tighter. */
const SAME_FACE_IOU = 0.35;
/** A face that fewer than this share of strangers would resemble is hidden from its first moment. */
const HIDE_SHARE = 1e-5;

interface StoredFace {
  id: string;
  box_x: number;
  box_y: number;
  box_width: number;
  box_height: number;
  hidden_at: Date | null;
}

/**
 * Makes the stored faces of a photo those given. A face that was there keeps its row, so that groups, feedback and hiding
 * stay with it; new ones that fit a "hide me" of the event start hidden. Hidden faces keep no descriptor.
 */
export async function replaceFaces(
  trx: Trx,
  photo: { id: string; eventId: string },
  found: readonly FoundFace[],
): Promise<void> {
  const old: StoredFace[] = await trx
    .selectFrom('faces')
    .select(['id', 'box_x', 'box_y', 'box_width', 'box_height', 'hidden_at'])
    .where('photo_id', '=', photo.id)
    .orderBy('ordinal')
    .execute();
  const kept = pairFaces(
    old.map(boxOf),
    found.map(({ box }) => box),
  ).map((i) => (i === -1 ? undefined : old[i]!));
  const keptIds = new Set(kept.flatMap((face) => face?.id ?? []));
  const gone = old.filter(({ id }) => !keptIds.has(id)).map(({ id }) => id);
  if (gone.length > 0) await trx.deleteFrom('faces').where('id', 'in', gone).execute();
  // Out of the way first: ordinals are unique within a photo.
  await trx.updateTable('faces').set({ ordinal: sql<number>`-1 - ordinal` }).where('photo_id', '=', photo.id).execute();
  if (keptIds.size > 0)
    await trx
      .deleteFrom('face_descriptors')
      .where('face_id', 'in', [...keptIds])
      .execute();
  const optOuts = await findOptOuts(trx, photo.eventId);
  for (const [ordinal, face] of found.entries()) {
    const values = {
      ordinal,
      box_x: face.box.x,
      box_y: face.box.y,
      box_width: face.box.w,
      box_height: face.box.h,
      landmarks: landmarksToBytes(face.landmarks),
      score: face.score,
      quality: face.quality,
      quality_parts: JSON.stringify(face.qualityParts),
    };
    const row = kept[ordinal];
    const hiddenBy = row ? undefined : optOuts.find((optOut) => isHiddenBy(optOut, face.descriptors));
    let id = row?.id;
    if (id) await trx.updateTable('faces').set(values).where('id', '=', id).execute();
    else {
      const created = await trx
        .insertInto('faces')
        .values({
          ...values,
          photo_id: photo.id,
          event_id: photo.eventId,
          hidden_at: hiddenBy ? sql<Date>`now()` : null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      id = created.id;
    }
    if (hiddenBy)
      await trx
        .insertInto('face_opt_out_faces')
        .values({ opt_out_id: hiddenBy.id, face_id: id, state: 'hidden', confidence: 1 })
        .execute();
    if (!hiddenBy && !row?.hidden_at) await addDescriptors(trx, photo.eventId, id, face.descriptors);
  }
}

/** For each new box the number of the old one that it is, or -1; the largest overlaps choose first. */
export function pairFaces(old: readonly Box[], found: readonly Box[]): number[] {
  const pairs = found.flatMap((box, to) => old.map((before, from) => ({ from, to, overlap: iou(before, box) })));
  const result = found.map(() => -1);
  const taken = new Set<number>();
  pairs.sort((a, b) => b.overlap - a.overlap || a.from - b.from || a.to - b.to);
  for (const { from, to, overlap } of pairs) {
    if (overlap < SAME_FACE_IOU) break;
    if (taken.has(from) || result[to] !== -1) continue;
    taken.add(from);
    result[to] = from;
  }
  return result;
}

/** Writes down what describes a face; what is there already stays. Answers how many were new. */
export async function addDescriptors(
  trx: Trx,
  eventId: string,
  faceId: string,
  descriptors: Readonly<Record<string, Float32Array>>,
): Promise<number> {
  const rows = Object.entries(descriptors).map(([engine, descriptor]) => ({
    face_id: faceId,
    event_id: eventId,
    engine,
    descriptor: Buffer.from(descriptorToBytes(descriptor)),
  }));
  if (rows.length === 0) return 0;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('face_descriptors')
    .values(rows)
    .onConflict((c) => c.columns(['face_id', 'engine']).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0);
}

const boxOf = (row: StoredFace): Box => ({ x: row.box_x, y: row.box_y, w: row.box_width, h: row.box_height });

/** Little-endian float32 pairs x, y in pixels of the upright original. */
export function landmarksToBytes(landmarks: Landmarks): Buffer {
  const bytes = Buffer.alloc(landmarks.length * 8);
  for (const [i, { x, y }] of landmarks.entries()) {
    bytes.writeFloatLE(x, i * 8);
    bytes.writeFloatLE(y, i * 8 + 4);
  }
  return bytes;
}

export function landmarksFromBytes(bytes: Buffer): Landmarks {
  return Array.from({ length: bytes.length / 8 }, (_, i) => ({
    x: bytes.readFloatLE(i * 8),
    y: bytes.readFloatLE(i * 8 + 4),
  }));
}

interface OptOut {
  id: string;
  engine: string;
  descriptor: Float32Array;
}

async function findOptOuts(db: DbOrTrx, eventId: string): Promise<OptOut[]> {
  const rows = await db
    .selectFrom('face_opt_outs')
    .select(['id', 'engine', 'descriptor'])
    .where('event_id', '=', eventId)
    .where('status', 'in', ['requested', 'confirmed'])
    .where('engine', 'is not', null)
    .where('descriptor', 'is not', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({ id: row.id, engine: row.engine!, descriptor: descriptorFromBytes(row.descriptor!) }));
}

function isHiddenBy(optOut: OptOut, descriptors: FoundFace['descriptors']): boolean {
  const descriptor = descriptors[optOut.engine];
  const space = builtInCatalogue.find(optOut.engine);
  if (!descriptor || !space || descriptor.length !== optOut.descriptor.length) return false;
  const { median, spread, tail } = space.calibration;
  const spreads = tail.find(([share]) => share <= HIDE_SHARE)?.[1] ?? tail.at(-1)![1];
  return cosine(optOut.descriptor, descriptor) >= median + spread * spreads;
}

/** Takes every face of a photo away; answers how many there were. */
export async function deleteFaces(trx: Trx, photoId: string): Promise<number> {
  const { numDeletedRows } = await trx.deleteFrom('faces').where('photo_id', '=', photoId).executeTakeFirst();
  return Number(numDeletedRows);
}
