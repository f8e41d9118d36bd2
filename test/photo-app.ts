import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RequestHandler } from 'express';
import sharp from 'sharp';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import type { Auth } from '#server/auth.ts';
import type { BoundRoute } from '#server/http/bind.ts';
import { eventsRoutes } from '#server/modules/events/routes.ts';
import { createEventsService } from '#server/modules/events/service.ts';
import { favoritesRoutes } from '#server/modules/favorites/routes.ts';
import { createFavoritesService } from '#server/modules/favorites/service.ts';
import { photographersRoutes } from '#server/modules/photographers/routes.ts';
import { createPhotographersService, ensurePhotographer } from '#server/modules/photographers/service.ts';
import { photosRoutes } from '#server/modules/photos/routes.ts';
import { createPhotosService } from '#server/modules/photos/service.ts';
import { uploadsRoutes } from '#server/modules/uploads/routes.ts';
import { createUploadsService } from '#server/modules/uploads/service.ts';
import { createTusHandler } from '#server/modules/uploads/tus.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import type { Db } from '#server/platform/db.ts';
import { createLogger } from '#server/platform/logger.ts';
import { objectKeys, type Storage } from '#server/platform/storage.ts';
import { startHttpApp, testSecrets } from './http-app.ts';
import { startTestStorage } from './s3.ts';

/** Everything that `startPhotoApp` composes, for handlers that need it. */
export interface PhotoServices {
  db: Db;
  url: string;
  auth: Auth;
  events: ReturnType<typeof createEventsService>;
  photos: ReturnType<typeof createPhotosService>;
  favorites: ReturnType<typeof createFavoritesService>;
  uploads: ReturnType<typeof createUploadsService>;
}

/** A small picture with its own bytes; `noise` keeps two of the same size apart. */
export const makeJpeg = (width = 64, height = 48): Promise<Buffer> =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 60 })
    .toBuffer();

/** Events, photos, uploads, favourites and photographers over HTTP, on a real database and a real S3 store. */
export async function startPhotoApp(
  more: {
    handlers?: (services: PhotoServices) => RequestHandler[];
    routes?: (services: { db: Db; storage: Storage }) => BoundRoute[];
  } = {},
) {
  const store = await startTestStorage();
  const directory = await mkdtemp(path.join(tmpdir(), 'tps-uploads-'));
  const logger = createLogger(process.env.TEST_LOG ?? 'silent', 'test');
  let services!: Omit<PhotoServices, 'url' | 'auth'>;
  const app = await startHttpApp(
    ({ database: { db }, messages }) => {
      const events = createEventsService({ db, cache: createMemoryCache(), linkSecret: testSecrets.link, messages });
      const photos = createPhotosService({ db, events, logger });
      const favorites = createFavoritesService({ db, photos });
      const uploads = createUploadsService({ db, storage: store.storage, events, logger, directory });
      const photographers = createPhotographersService({ db, events, photos });
      services = { db, events, photos, favorites, uploads };
      return [
        ...eventsRoutes({ events, isSecure: false }),
        ...photosRoutes({ photos, storage: store.storage }),
        ...favoritesRoutes({ favorites }),
        ...uploadsRoutes({ uploads }),
        ...photographersRoutes({ photographers }),
        ...(more.routes?.({ db, storage: store.storage }) ?? []),
      ];
    },
    {
      makeHandlers: ({ auth, url }) => [
        createTusHandler({ uploads: services.uploads, findViewer: auth.findViewer, publicUrl: url, logger }),
        ...(more.handlers?.({ ...services, auth, url }) ?? []),
      ],
    },
  );
  const { db } = app;
  let made = 0;
  return {
    ...app,
    ...services,
    storage: store.storage,
    directory,
    /** A row as the service would write it, without the ceremony. */
    async event(values: { status?: string; access_mode?: string; access_code_hash?: string } = {}): Promise<string> {
      const { id } = await db
        .insertInto('events')
        .values({
          name: `Event ${++made}`,
          slug: `event-${made}-${randomBytes(3).toString('hex')}`,
          status: 'live',
          starts_at: new Date('2026-11-22T00:00:00Z'),
          ends_at: new Date('2026-11-22T16:59:59Z'),
          ...values,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    async assign(eventId: string, userId: string, role: 'photographer' | 'organizer' = 'photographer') {
      await db.insertInto('event_staff').values({ event_id: eventId, user_id: userId, role }).execute();
    },
    /** A photo as the worker leaves it: with its derivatives in the store. */
    async photo(eventId: string, userId: string, status = 'pending', takenAt?: Date): Promise<string> {
      const photographerId = await ensurePhotographer(db, userId);
      const { id } = await db
        .insertInto('photos')
        .values({
          event_id: eventId,
          photographer_id: photographerId,
          uploaded_by: userId,
          status,
          sha256: randomBytes(32),
          file_name: `IMG_${++made}.JPG`,
          content_type: 'image/jpeg',
          bytes: 1000,
          width: 600,
          height: 400,
          taken_at: takenAt ?? null,
          pipeline_version: PIPELINE_VERSION,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const picture = await makeJpeg();
      const keys = {
        original: objectKeys.original(eventId, id, 'jpg'),
        small: objectKeys.thumbnail(eventId, id, 'small'),
        medium: objectKeys.thumbnail(eventId, id, 'medium'),
        large: objectKeys.thumbnail(eventId, id, 'large'),
        preview: objectKeys.preview(eventId, id),
        clean: objectKeys.clean(eventId, id),
      };
      for (const [kind, key] of Object.entries(keys)) {
        await store.storage.putBuffer(key, picture, 'image/jpeg');
        await db
          .insertInto('photo_files')
          .values({ photo_id: id, kind, object_key: key, content_type: 'image/jpeg', bytes: picture.length })
          .execute();
      }
      return id;
    },
    async stop() {
      await app.stop();
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
