import { sql } from 'kysely';
import type { PhotoFailure } from '#contracts/pipeline.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { PhotoMetadata } from './pipeline/metadata.ts';

/** The photo, its event's wishes and its original; undefined when it or its event was deleted. */
export const findPhotoToIndex = (db: DbOrTrx, photoId: string) =>
  db
    .selectFrom('photos as p')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .leftJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'p.id').on('f.kind', '=', 'original'))
    .select([
      'p.id',
      'p.event_id as eventId',
      'p.status',
      'p.pipeline_version as pipelineVersion',
      'p.face_spaces as faceSpaces',
      'f.object_key as objectKey',
      'e.name as eventName',
      'e.time_zone as timeZone',
      'e.watermark_mode as watermarkMode',
      'e.face_search_enabled as faceSearchEnabled',
    ])
    .select(sql<boolean>`e.ends_at + make_interval(days => e.retention_days) < now()`.as('isPastRetention'))
    .where('p.id', '=', photoId)
    .where('p.deleted_at', 'is', null)
    .where('e.deleted_at', 'is', null)
    .executeTakeFirst();
export type PhotoToIndex = NonNullable<Awaited<ReturnType<typeof findPhotoToIndex>>>;

/** Locks the photo until the transaction ends; undefined when it or its event was deleted meanwhile. */
export const lockPhoto = (trx: Trx, photoId: string) =>
  trx
    .selectFrom('photos as p')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .select([
      'p.id',
      'p.event_id as eventId',
      'p.status',
      'p.pipeline_version as pipelineVersion',
      'p.face_spaces as faceSpaces',
      'p.photographer_id as photographerId',
      'p.uploaded_by as uploadedBy',
      'e.auto_approve as autoApprove',
    ])
    .where('p.id', '=', photoId)
    .where('p.deleted_at', 'is', null)
    .where('e.deleted_at', 'is', null)
    .forNoKeyUpdate('p')
    .executeTakeFirst();

export interface StoredFile {
  kind: string;
  objectKey: string;
  bytes: number;
  width: number;
  height: number;
}

export async function replaceFiles(trx: Trx, photoId: string, files: readonly StoredFile[]): Promise<void> {
  await trx
    .insertInto('photo_files')
    .values(
      files.map((file) => ({
        photo_id: photoId,
        kind: file.kind,
        object_key: file.objectKey,
        content_type: 'image/jpeg',
        bytes: file.bytes,
        width: file.width,
        height: file.height,
      })),
    )
    .onConflict((c) =>
      c.columns(['photo_id', 'kind']).doUpdateSet((eb) => ({
        object_key: eb.ref('excluded.object_key'),
        content_type: eb.ref('excluded.content_type'),
        bytes: eb.ref('excluded.bytes'),
        width: eb.ref('excluded.width'),
        height: eb.ref('excluded.height'),
      })),
    )
    .execute();
}

/** Keys of stored files that no row stands for: a deleted photo keeps its rows only when it was sold. */
export async function unownedKeys(db: DbOrTrx, photoId: string, files: readonly StoredFile[]): Promise<string[]> {
  const rows = await db.selectFrom('photo_files').select('object_key').where('photo_id', '=', photoId).execute();
  const owned = new Set(rows.map((row) => row.object_key));
  return files.map((file) => file.objectKey).filter((key) => !owned.has(key));
}

export async function replaceMetadata(trx: Trx, photoId: string, metadata: PhotoMetadata): Promise<void> {
  const values = {
    camera_make: metadata.cameraMake,
    camera_model: metadata.cameraModel,
    lens_model: metadata.lensModel,
    iso: metadata.iso,
    exposure_seconds: metadata.exposureSeconds,
    f_number: metadata.fNumber,
    focal_length_mm: metadata.focalLengthMm,
    orientation: metadata.orientation,
    taken_at_local: metadata.takenAtLocal,
    had_gps: metadata.hadGps,
    extracted_at: sql<Date>`now()`,
  };
  await trx
    .insertInto('photo_metadata')
    .values({ photo_id: photoId, ...values })
    .onConflict((c) => c.column('photo_id').doUpdateSet(values))
    .execute();
}

export interface IndexedPhoto {
  status: string;
  width: number;
  height: number;
  takenAt: Date | null;
  placeholderColor: string;
  thumbHash: Buffer;
  focus: { x: number; y: number } | null;
  faceCount: number;
  /** Descriptor spaces in which all its faces are described; empty when there are none to describe. */
  faceSpaces: readonly string[];
  pipelineVersion: number;
  revision: number;
}

export async function markIndexed(trx: Trx, photoId: string, photo: IndexedPhoto): Promise<void> {
  await trx
    .updateTable('photos')
    .set({
      status: photo.status,
      failure_code: null,
      width: photo.width,
      height: photo.height,
      taken_at: photo.takenAt,
      placeholder_color: photo.placeholderColor,
      thumb_hash: photo.thumbHash,
      focus_x: photo.focus?.x ?? null,
      focus_y: photo.focus?.y ?? null,
      face_count: photo.faceCount,
      face_spaces: [...photo.faceSpaces],
      pipeline_version: photo.pipelineVersion,
      revision: photo.revision,
      updated_at: sql<Date>`now()`,
      ...(photo.status === 'approved' && { approved_at: sql<Date>`coalesce(approved_at, now())` }),
    })
    .where('id', '=', photoId)
    .execute();
}

/** Writes down why; a photo that is out already keeps its status and what it has, and is not tried again. */
export async function markFailed(
  trx: Trx,
  photo: { id: string; status: string },
  failure: PhotoFailure,
  pipelineVersion: number,
  revision: number,
): Promise<void> {
  await trx
    .updateTable('photos')
    .set({
      status: photo.status,
      failure_code: failure,
      pipeline_version: pipelineVersion,
      revision,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', photo.id)
    .execute();
}

/** Who hears of a photo: its photographer, and whoever uploaded it. */
export async function findWatchers(
  trx: Trx,
  photo: { photographerId: string; uploadedBy: string | null },
): Promise<string[]> {
  const photographer = await trx
    .selectFrom('photographers')
    .select('user_id')
    .where('id', '=', photo.photographerId)
    .executeTakeFirst();
  return [...new Set([photographer?.user_id, photo.uploadedBy].filter((id): id is string => typeof id === 'string'))];
}
