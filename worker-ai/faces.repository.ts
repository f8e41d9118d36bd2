import { sql } from 'kysely';
import { iou } from '#face/boxes.ts';
import { descriptorFromBytes, descriptorToBytes, euclidean } from '#face/descriptor.ts';
import type { Box } from '#face/types.ts';
import type { Trx } from '#server/platform/db.ts';

/** A face as it is stored. Box in pixels of the upright original. */
export interface FoundFace {
  box: Box;
  score: number;
  quality: number;
  qualityParts: Record<string, number>;
  descriptor: Float32Array;
}

/** Boxes that overlap this much are one face, seen again by a newer pipeline. */
const SAME_FACE_IOU = 0.5;
/** A face this close to one that asked to be hidden is hidden at once; a person confirms or undoes it. */
const HIDE_DISTANCE = 0.34;

/**
 * Makes the stored faces of a photo those given. A face that was there keeps its row, so that groups, feedback and hiding
 * stay with it; new ones that fit a confirmed "hide me" start hidden.
 */
export async function replaceFaces(
  trx: Trx,
  photo: { id: string; eventId: string },
  engine: string,
  found: readonly FoundFace[],
): Promise<void> {
  const old = await trx
    .selectFrom('faces')
    .select(['id', 'engine', 'box_x', 'box_y', 'box_width', 'box_height', 'hidden_at'])
    .where('photo_id', '=', photo.id)
    .execute();
  const mine = old.filter((face) => face.engine === engine);
  const free = new Set(mine);
  const kept = found.map((face) => {
    const same = [...free].find((candidate) => iou(boxOf(candidate), face.box) > SAME_FACE_IOU);
    if (same) free.delete(same);
    return same;
  });
  const gone = old.filter((face) => face.engine !== engine || free.has(face)).map((face) => face.id);
  if (gone.length > 0) await trx.deleteFrom('faces').where('id', 'in', gone).execute();
  // Out of the way first: ordinals are unique within a photo.
  await trx.updateTable('faces').set({ ordinal: sql<number>`-1 - ordinal` }).where('photo_id', '=', photo.id).execute();
  const optOuts = await findOptOuts(trx, photo.eventId, engine);
  for (const [ordinal, face] of found.entries()) {
    const isHidden = optOuts.some((hidden) => euclidean(hidden, face.descriptor) < HIDE_DISTANCE);
    const values = {
      ordinal,
      box_x: face.box.x,
      box_y: face.box.y,
      box_width: face.box.w,
      box_height: face.box.h,
      score: face.score,
      quality: face.quality,
      quality_parts: JSON.stringify(face.qualityParts),
      descriptor: Buffer.from(descriptorToBytes(face.descriptor)),
    };
    const row = kept[ordinal];
    if (row) await trx.updateTable('faces').set(values).where('id', '=', row.id).execute();
    else
      await trx
        .insertInto('faces')
        .values({
          ...values,
          photo_id: photo.id,
          event_id: photo.eventId,
          engine,
          hidden_at: isHidden ? sql<Date>`now()` : null,
        })
        .execute();
  }
}

const boxOf = (row: { box_x: number; box_y: number; box_width: number; box_height: number }): Box => ({
  x: row.box_x,
  y: row.box_y,
  w: row.box_width,
  h: row.box_height,
});

async function findOptOuts(trx: Trx, eventId: string, engine: string): Promise<Float32Array[]> {
  const rows = await trx
    .selectFrom('face_opt_outs')
    .select('descriptor')
    .where('event_id', '=', eventId)
    .where('status', '=', 'confirmed')
    .where('engine', '=', engine)
    .where('descriptor', 'is not', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .execute();
  return rows.flatMap((row) => (row.descriptor ? [descriptorFromBytes(row.descriptor)] : []));
}

/** Takes every face of a photo away; answers how many there were. */
export async function deleteFaces(trx: Trx, photoId: string): Promise<number> {
  const { numDeletedRows } = await trx.deleteFrom('faces').where('photo_id', '=', photoId).executeTakeFirst();
  return Number(numDeletedRows);
}
