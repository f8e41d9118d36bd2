import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#contracts/errors.ts';
import type { UploadResult } from '#contracts/http/uploads.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import type { JobHandlers } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import type { EventsService } from '../events/service.ts';
import { createFinisher } from './finish.ts';
import { cleanFileName, decodeMultipartName } from './inspect.ts';
import * as repository from './repository.ts';

export type UploadsService = ReturnType<typeof createUploadsService>;
export interface UploadsDeps {
  db: Db;
  storage: Storage;
  events: EventsService;
  logger: Logger;
  /** Where files wait until they are photos: DATA_DIR/uploads. */
  directory: string;
}
interface ReceivedFile {
  path: string;
  originalname: string;
  size: number;
}

const sweepAfterMs = 60_000;
const orphanAfterMs = 24 * 3600_000;
const together = 4;

export function createUploadsService(deps: UploadsDeps) {
  const { db, events, directory, logger } = deps;
  const finisher = createFinisher(deps);

  /** Photographers of the event and admins may; throws event.not_found, upload.not_staff. */
  async function requireUploader(eventId: string, viewer: Viewer): Promise<void> {
    const event = await db
      .selectFrom('events')
      .select('id')
      .where('id', '=', eventId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!event) throw new AppError('event.not_found');
    if (viewer.role === 'admin') return;
    if (!(await events.isStaff(db, eventId, viewer.userId, 'photographer'))) throw new AppError('upload.not_staff');
  }

  /** Takes the file over, so that it is finished by the sweep should this process die now. */
  async function adopt(file: ReceivedFile, eventId: string, viewer: Viewer, fileName: string): Promise<string> {
    if (file.size === 0) throw new AppError('upload.empty');
    const id = randomUUID();
    await mkdir(directory, { recursive: true });
    await rename(file.path, finisher.fileOf(id)).catch(() => copyFile(file.path, finisher.fileOf(id)));
    await repository.insertUpload(db, {
      id,
      event_id: eventId,
      user_id: viewer.userId,
      file_name: fileName,
      bytes: file.size,
      status: 'received',
    });
    return id;
  }

  async function receive(file: ReceivedFile, eventId: string, viewer: Viewer): Promise<UploadResult> {
    const fileName = cleanFileName(decodeMultipartName(file.originalname));
    try {
      const { kind, photoId } = await finisher.finish(await adopt(file, eventId, viewer, fileName));
      return { fileName, status: kind, photoId };
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      return { fileName, status: 'failed', code: error.code };
    }
  }

  /** Finishes what arrived but was not turned into a photo, gives up what nobody went on with. */
  async function sweep(now = new Date()): Promise<void> {
    for (const upload of await repository.listUnfinished(db, new Date(now.getTime() - sweepAfterMs), 500)) {
      const onDisk = await finisher.bytesOf(upload.id);
      try {
        if (onDisk === upload.bytes) await finisher.finish(upload.id);
        else if (upload.status === 'received') {
          await repository.moveUpload(db, upload.id, ['received'], { status: 'failed', error_code: 'upload.damaged' });
          await finisher.removeFile(upload.id);
        } else if (upload.expires_at < now) {
          await repository.moveUpload(db, upload.id, ['receiving'], { status: 'cancelled' });
          await finisher.removeFile(upload.id);
        }
      } catch (error) {
        const isKnown = error instanceof AppError && error.status < 500;
        logger[isKnown ? 'info' : 'warn']({ err: error, uploadId: upload.id }, 'swept upload did not become a photo');
      }
    }
    await removeOrphans(now);
  }

  /** Files without an unfinished upload, a day old. */
  async function removeOrphans(now: Date): Promise<void> {
    const names = await readdir(directory).catch(() => [] as string[]);
    for (const name of names) {
      const found = await stat(path.join(directory, name)).catch(() => undefined);
      if (!found?.isFile() || now.getTime() - found.mtimeMs < orphanAfterMs) continue;
      const id = name.replace(/\.json$/, '');
      const upload = await repository.findUpload(db, id);
      const isWaiting = upload && (repository.unfinished as readonly string[]).includes(upload.status);
      if (!isWaiting) await finisher.removeFile(id);
    }
  }

  return {
    ...finisher,
    directory,
    requireUploader,
    sweep,

    find: (id: string) => repository.findUpload(db, id),
    create: (upload: { id: string; eventId: string; userId: string; fileName: string; bytes: number }) =>
      repository.insertUpload(db, {
        id: upload.id,
        event_id: upload.eventId,
        user_id: upload.userId,
        file_name: upload.fileName,
        bytes: upload.bytes,
        status: 'receiving',
      }),
    cancel: (id: string) => repository.moveUpload(db, id, repository.unfinished, { status: 'cancelled' }),

    /** Results in the order of the files. Throws upload.no_file, event.not_found, upload.not_staff. */
    async receiveFiles(eventId: string, files: readonly ReceivedFile[], viewer: Viewer): Promise<UploadResult[]> {
      await requireUploader(eventId, viewer);
      if (files.length === 0) throw new AppError('upload.no_file');
      const results: UploadResult[] = new Array(files.length);
      let next = 0;
      const lane = async () => {
        for (let index = next++; index < files.length; index = next++) {
          results[index] = await receive(files[index]!, eventId, viewer);
        }
      };
      await Promise.all(Array.from({ length: Math.min(together, files.length) }, lane));
      return results;
    },

    async list(viewer: Viewer, query: { cursor?: string | undefined; limit: number; eventId?: string | undefined }) {
      const cursor = decodeCursor(query.cursor);
      const rows = await repository.listUploads(db, viewer.userId, query.eventId, cursor, query.limit);
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row) => ({
          id: row.id,
          eventId: row.event_id,
          fileName: row.file_name,
          bytes: row.bytes,
          status: row.status as repository.UploadStatus,
          code: row.error_code,
          photoId: row.photo_id,
          photoStatus: row.photo_status,
          createdAt: row.created_at.toISOString(),
        }),
      );
    },

    async known(eventId: string, sha256: readonly string[], viewer: Viewer) {
      await requireUploader(eventId, viewer);
      if (sha256.length === 0) return [];
      const hashes = sha256.map((hex) => Buffer.from(hex, 'hex'));
      const rows = await repository.findPhotosByHash(db, eventId, hashes);
      return rows.map((row) => ({ sha256: row.sha256.toString('hex'), photoId: row.id }));
    },
  };
}

export const uploadsJobHandlers = ({ uploads }: { uploads: UploadsService }): JobHandlers => ({
  'sweep-uploads': () => uploads.sweep(),
});
