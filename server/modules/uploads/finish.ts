import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, type ErrorCode, errorTable } from '#contracts/errors.ts';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { objectKeys, type Storage } from '#server/platform/storage.ts';
import { deliveredCrcOfFile } from '../downloads/original-bytes.ts';
import { ensurePhotographer } from '../photographers/service.ts';
import { type InspectedFile, inspectFile } from './inspect.ts';
import type { UploadRow } from './repository.ts';
import * as repository from './repository.ts';

export interface Finished {
  kind: 'created' | 'duplicate';
  photoId: string;
}

/** What a terminal upload came to; undefined while it is not finished. Throws what made it fail. */
export function outcomeOf(upload: UploadRow): Finished | undefined {
  if (upload.status === 'completed' || upload.status === 'duplicate') {
    if (!upload.photo_id) throw new AppError('photo.not_found');
    return { kind: upload.status === 'completed' ? 'created' : 'duplicate', photoId: upload.photo_id };
  }
  if (upload.status === 'cancelled') throw new AppError('resource.not_found');
  if (upload.status === 'failed') {
    const code = upload.error_code;
    throw new AppError(code && code in errorTable ? (code as ErrorCode) : 'upload.damaged');
  }
  return undefined;
}

/**
 * Turns a file that has arrived whole (`directory/<upload id>`) into a photo: original to the store first, then one
 * transaction with the photo, its file, its index job and the upload's end. The photo's id is the upload's id, so that a
 * repeat after a crash at any point writes the same object and the same row. The same bytes in the event answer the photo
 * that is there. Throws the upload.* errors, after which the upload is `failed`; other errors leave it to be tried again.
 */
export function createFinisher(deps: { db: Db; storage: Storage; directory: string }) {
  const { db, storage, directory } = deps;
  const running = new Map<string, Promise<Finished>>();
  const fileOf = (id: string) => path.join(directory, id);

  async function removeFile(id: string): Promise<void> {
    await rm(fileOf(id), { force: true });
    await rm(`${fileOf(id)}.json`, { force: true });
  }

  /** The checksum that the client announced, from the record beside a resumable upload. */
  async function announcedSha256(id: string): Promise<string | undefined> {
    try {
      const record = JSON.parse(await readFile(`${fileOf(id)}.json`, 'utf8')) as { metadata?: Record<string, string> };
      return record.metadata?.sha256 || undefined;
    } catch {
      return undefined;
    }
  }

  /** False when the photo has one already. */
  async function addOriginal(trx: Trx, photoId: string, file: InspectedFile, objectKey: string, crc32: number) {
    const { contentType: content_type, bytes, width, height } = file;
    const row = await trx
      .insertInto('photo_files')
      .values({ photo_id: photoId, kind: 'original', object_key: objectKey, content_type, bytes, crc32, width, height })
      .onConflict((c) => c.columns(['photo_id', 'kind']).doNothing())
      .returning('photo_id')
      .executeTakeFirst();
    return row !== undefined;
  }

  function createPhoto(upload: UploadRow, file: InspectedFile, objectKey: string, crc32: number): Promise<Finished> {
    return db.transaction().execute(async (trx) => {
      const photographerId = await ensurePhotographer(trx, upload.user_id);
      const made = await trx
        .insertInto('photos')
        .values({
          id: upload.id,
          event_id: upload.event_id,
          photographer_id: photographerId,
          uploaded_by: upload.user_id,
          sha256: file.sha256,
          file_name: upload.file_name,
          content_type: file.contentType,
          bytes: file.bytes,
          width: file.width,
          height: file.height,
        })
        .onConflict((c) => c.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (!made) {
        const existing = await repository.findPhotoByHash(trx, upload.event_id, file.sha256);
        if (!existing) throw new AppError('server.unavailable');
        // Known by its hash and perhaps sold, while its original was still in the field: here it lands.
        const lands = !existing.has_original && (await addOriginal(trx, existing.id, file, objectKey, crc32));
        const kind = existing.id === upload.id || lands ? 'created' : 'duplicate';
        await repository.moveUpload(trx, upload.id, repository.unfinished, {
          status: kind === 'created' ? 'completed' : 'duplicate',
          photo_id: existing.id,
        });
        return { kind, photoId: existing.id };
      }
      await addOriginal(trx, made.id, file, objectKey, crc32);
      await enqueue(trx, 'index-photo', `${made.id}-v${PIPELINE_VERSION}`, {
        photoId: made.id,
        pipelineVersion: PIPELINE_VERSION,
      });
      await repository.moveUpload(trx, upload.id, repository.unfinished, { status: 'completed', photo_id: made.id });
      return { kind: 'created', photoId: made.id };
    });
  }

  async function work(id: string): Promise<Finished> {
    const upload = await repository.findUpload(db, id);
    if (!upload) throw new AppError('resource.not_found');
    const before = outcomeOf(upload);
    if (before) return before;
    await repository.moveUpload(db, id, ['receiving'], { status: 'received' });
    let file: InspectedFile;
    try {
      file = await inspectFile(fileOf(id), await announcedSha256(id));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await repository.moveUpload(db, id, repository.unfinished, { status: 'failed', error_code: error.code });
      await removeFile(id);
      throw error;
    }
    const existing = await repository.findPhotoByHash(db, upload.event_id, file.sha256);
    const key = objectKeys.original(upload.event_id, id, file.extension);
    if (!existing?.has_original) await storage.putFile(key, fileOf(id), file.contentType);
    const finished = await createPhoto(upload, file, key, await deliveredCrcOfFile(fileOf(id)));
    // Somebody else's transaction with the same bytes was first, or an earlier try put the object before it knew.
    if (finished.kind === 'duplicate') await storage.remove([key]).catch(() => {});
    await removeFile(id);
    return finished;
  }

  return {
    fileOf,
    removeFile,
    /** Bytes of the upload that are on disk. */
    bytesOf: async (id: string): Promise<number> => (await stat(fileOf(id)).catch(() => undefined))?.size ?? 0,
    /** Safe to call as often as one likes, also at the same time. */
    finish(id: string): Promise<Finished> {
      let promise = running.get(id);
      if (!promise) {
        promise = work(id).finally(() => running.delete(id));
        running.set(id, promise);
      }
      return promise;
    },
  };
}
