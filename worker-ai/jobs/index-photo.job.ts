import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { type PhotoFailure, PIPELINE_VERSION } from '#contracts/pipeline.ts';
import type { DecodedImage } from '#face/node/decode.ts';
import { describeServer } from '#face/pipeline.ts';
import type { DescribedFace } from '#face/types.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { type JobHandler, UnrecoverableError } from '#server/platform/queue.ts';
import { objectKeys, type Storage } from '#server/platform/storage.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import type { SharedEngine } from '../engine.ts';
import { deleteFaces, type FoundFace, replaceFaces } from '../faces.repository.ts';
import * as photos from '../photos.repository.ts';
import { thumbHashOf } from '../pipeline/blur.ts';
import { BadPhoto, decodePhoto } from '../pipeline/decode.ts';
import { type Derivative, makeDerivatives, placeholderColor } from '../pipeline/derivatives.ts';
import { focusOf } from '../pipeline/focus.ts';
import { type PhotoMetadata, readMetadata } from '../pipeline/metadata.ts';
import type { WatermarkMode } from '../pipeline/watermark.ts';
import { neededSpaces } from '../spaces.repository.ts';

export interface IndexPhotoDeps {
  db: Db;
  storage: Storage;
  engine: SharedEngine;
  metrics: Metrics;
  /** Folder for originals while they are worked on; emptied at start. */
  workDir: string;
  /** Called between the stages; tests cut the power here. */
  onStage?: (stage: 'decoded' | 'described' | 'stored') => void | Promise<void>;
}

interface Work {
  decoded: Pick<DecodedImage, 'width' | 'height'>;
  metadata: PhotoMetadata;
  faces: FoundFace[];
  /** Descriptor spaces of the faces; empty when faces are not to be described in this event. */
  faceSpaces: readonly string[];
  derivatives: Derivative[];
  color: string;
  thumbHash: Buffer;
}

/** Done already, and nothing about it is out of date. */
export const isUpToDate = (
  photo: { status: string; pipelineVersion: number; faceSpaces: readonly string[] },
  wantsFaces: boolean,
) =>
  photo.status === 'failed' ||
  (photo.status !== 'uploaded' &&
    photo.pipelineVersion >= PIPELINE_VERSION &&
    (!wantsFaces || photo.faceSpaces.length > 0));

/**
 * Verify, decode once, faces, derivatives; objects first, under fixed names, then everything in the database in one
 * transaction. A kill at any instant repeats the job from its start and leaves no second effect.
 */
export function createIndexPhotoJob(deps: IndexPhotoDeps): JobHandler<'index-photo'> {
  const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const end = deps.metrics.stageSeconds.startTimer({ stage });
    try {
      return await work();
    } finally {
      end();
    }
  };

  async function makeAll(photo: photos.PhotoToIndex, file: string): Promise<Work> {
    const decoded = await timed('decode', () => decodePhoto(file));
    const metadata = await timed('metadata', () => readMetadata(file, photo.timeZone));
    await deps.onStage?.('decoded');
    const wantsFaces = photo.faceSearchEnabled && !photo.isPastRetention;
    const faceSpaces = wantsFaces ? await neededSpaces(deps.db, photo.eventId) : [];
    const findAll = async () => {
      const recognition = await deps.engine.recognition(faceSpaces);
      return deps.engine.use('normal', (engine) =>
        describeServer(decoded.image, engine, { originalScale: decoded.scale, recognition }),
      );
    };
    // the networks and the picture library each leave a core idle: side by side they take the time of the longer one
    const [faces, derivatives] = await bothOf(
      wantsFaces ? timed('faces', findAll) : Promise.resolve([]),
      timed('derivatives', () =>
        makeDerivatives(decoded.image, { mode: photo.watermarkMode as WatermarkMode, eventName: photo.eventName }),
      ),
    );
    await deps.onStage?.('described');
    return {
      decoded: { width: decoded.width, height: decoded.height },
      metadata,
      faces: faces.map((face) => toFound(face, decoded.scale)),
      faceSpaces,
      derivatives,
      color: await placeholderColor(derivatives),
      thumbHash: await thumbHashOf(derivatives.at(-1)!.data),
    };
  }

  async function index(photo: photos.PhotoToIndex, file: string): Promise<void> {
    if (!photo.objectKey) throw new BadPhoto('original_missing');
    const key = photo.objectKey;
    await timed('fetch', () => deps.storage.getFile(key, file)).catch((error: unknown) => {
      const code = (error as { code?: string }).code;
      if (code === 'NotFound' || code === 'NoSuchKey') throw new BadPhoto('original_missing', { cause: error });
      throw error;
    });
    const work = await makeAll(photo, file);
    deps.metrics
      .histogram('photo_faces', 'Faces of a photo', [], [0, 1, 2, 5, 10, 20, 50, 100, 200, 400])
      .observe(work.faces.length);
    const files = await timed('store', () => storeDerivatives(deps.storage, photo, work.derivatives));
    await deps.onStage?.('stored');
    const isThere = await timed('commit', () =>
      deps.db.transaction().execute((trx) => commit(trx, photo.id, work, files)),
    );
    // Deleted while it was worked on: what was stored must not outlive it, unless buyers keep it.
    if (!isThere) await deps.storage.remove(await photos.unownedKeys(deps.db, photo.id, files));
  }

  return async ({ photoId }, { logger }) => {
    const photo = await photos.findPhotoToIndex(deps.db, photoId);
    if (!photo || isUpToDate(photo, photo.faceSearchEnabled && !photo.isPastRetention)) return;
    const folder = await mkdtemp(path.join(deps.workDir, 'photo-'));
    const count = (outcome: string) =>
      deps.metrics.counter('photos_indexed_total', 'Photos worked on by outcome', ['outcome']).inc({ outcome });
    try {
      await index(photo, path.join(folder, 'original'));
      count('done');
    } catch (error) {
      if (!(error instanceof BadPhoto)) throw error;
      count(error.failure);
      await fail(deps.db, photoId, error.failure, logger);
      // Trying again cannot help; the photo says so itself.
      throw new UnrecoverableError(`photo cannot be indexed: ${error.failure}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** Waits for both even when one fails, so that nothing of a photo goes on after its job. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

function toFound(face: DescribedFace, scale: number): FoundFace {
  const { overall, ...parts } = face.quality;
  const { x, y, w, h } = face.box;
  return {
    box: { x: x * scale, y: y * scale, w: w * scale, h: h * scale },
    score: face.score,
    quality: overall,
    qualityParts: {
      ...parts,
      reliable: face.isReliable ? 1 : 0,
      yaw: face.pose.yaw,
      pitch: face.pose.pitch,
      roll: face.pose.roll,
    },
    landmarks: face.landmarks.map((point) => ({ x: point.x * scale, y: point.y * scale })),
    descriptors: face.descriptors,
  };
}

async function storeDerivatives(
  storage: Storage,
  photo: { id: string; eventId: string },
  derivatives: readonly Derivative[],
): Promise<photos.StoredFile[]> {
  return Promise.all(
    derivatives.map(async ({ kind, data, width, height }) => {
      const objectKey =
        kind === 'preview' || kind === 'clean'
          ? objectKeys[kind](photo.eventId, photo.id)
          : objectKeys.thumbnail(photo.eventId, photo.id, kind);
      await storage.putBuffer(objectKey, data, 'image/jpeg');
      return { kind, objectKey, bytes: data.length, width, height };
    }),
  );
}

/** False when the photo is not there any more. */
async function commit(trx: Trx, photoId: string, work: Work, files: readonly photos.StoredFile[]): Promise<boolean> {
  const photo = await photos.lockPhoto(trx, photoId);
  if (!photo) return false;
  // Done by another worker meanwhile: what lies in storage is the same.
  if (isUpToDate(photo, work.faceSpaces.length > 0)) return true;
  if (work.faceSpaces.length > 0) await replaceFaces(trx, photo, work.faces);
  else await deleteFaces(trx, photo.id);
  await photos.replaceFiles(trx, photo.id, files);
  await photos.replaceMetadata(trx, photo.id, work.metadata);
  const status = photo.status === 'uploaded' ? (photo.autoApprove ? 'approved' : 'pending') : photo.status;
  for (const userId of await photos.findWatchers(trx, photo))
    await notify(trx, userId, { type: 'photo.changed', photoId: photo.id, eventId: photo.eventId, status });
  // Faces of photos that are not out are not searched: approval raises their revision. Locks in the order that reviews take.
  if (status === 'approved') {
    const facesRevision = await nextRevision(trx, scopes.eventFaces(photo.eventId));
    await enqueue(trx, 'match-photo', `${photo.id}-f${facesRevision}`, { photoId: photo.id });
  }
  const revision = await nextRevision(trx, scopes.eventPhotos(photo.eventId));
  await photos.markIndexed(trx, photo.id, {
    status,
    ...work.decoded,
    takenAt: work.metadata.takenAt,
    placeholderColor: work.color,
    thumbHash: work.thumbHash,
    focus: focusOf(work.faces, work.decoded.width, work.decoded.height),
    faceCount: work.faces.length,
    faceSpaces: work.faceSpaces,
    pipelineVersion: PIPELINE_VERSION,
    revision,
  });
  return true;
}

/** Status and reason in one transaction; the uploader hears of it. */
export async function fail(db: Db, photoId: string, failure: PhotoFailure, logger: Logger): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const photo = await photos.lockPhoto(trx, photoId);
    if (!photo || photo.status === 'failed') return;
    const status = photo.status === 'uploaded' ? 'failed' : photo.status;
    for (const userId of await photos.findWatchers(trx, photo))
      await notify(trx, userId, { type: 'photo.changed', photoId, eventId: photo.eventId, status });
    const revision = await nextRevision(trx, scopes.eventPhotos(photo.eventId));
    await photos.markFailed(trx, { id: photo.id, status }, failure, PIPELINE_VERSION, revision);
  });
  logger.warn({ photoId, failure }, 'photo cannot be indexed');
}
