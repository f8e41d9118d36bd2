import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { alignBox, alignFace } from '#face/align.ts';
import { Pyramid } from '#face/image.ts';
import { type LocatedFace, locateFaces } from '#face/landmarks.ts';
import { FEW_FACES } from '#face/pipeline.ts';
import { type Recognition, recognise } from '#face/recogniser.ts';
import type { Box, FaceEngine } from '#face/types.ts';
import type { Db } from '#server/platform/db.ts';
import { switchSpace } from '#server/platform/face-space.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { ATTEMPTS, type JobHandler, UnrecoverableError } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import * as repository from '../describe.repository.ts';
import type { SharedEngine } from '../engine.ts';
import { addDescriptors, landmarksFromBytes } from '../faces.repository.ts';
import { BadPhoto, decodePhoto } from '../pipeline/decode.ts';
import { neededSpaces } from '../spaces.repository.ts';

export interface DescribePhotoDeps {
  db: Db;
  storage: Storage;
  engine: SharedEngine;
  metrics: Metrics;
  /** Folder for originals while they are worked on. */
  workDir: string;
}

/** Chips of many faces are cut and described in groups, so that memory stays flat. */
const GROUP = 8;

/** Switches the event of a photo when it was the last one. Safe to call at any time. */
export async function finishChange(db: Db, eventId: string): Promise<boolean> {
  if (!(await repository.isChangeComplete(db, eventId))) return false;
  return (await db.transaction().execute((trx) => switchSpace(trx, eventId))) === 'switched';
}

/**
 * Describes the known faces of a photo in the spaces that its event needs and it lacks, from the original and the stored
 * landmarks: nothing is detected anew, rows of faces stay as they are. Doing it twice adds nothing.
 */
export function createDescribePhotoJob(deps: DescribePhotoDeps): JobHandler<'describe-photo'> {
  const { db, storage } = deps;

  async function describe(
    photo: { objectKey: string },
    faces: readonly repository.KnownFace[],
    spaces: readonly string[],
  ): Promise<Map<string, Record<string, Float32Array>>> {
    if (faces.length === 0) return new Map();
    const folder = await mkdtemp(path.join(deps.workDir, 'photo-'));
    try {
      const file = path.join(folder, 'original');
      await storage.getFile(photo.objectKey, file).catch((error: unknown) => {
        const code = (error as { code?: string }).code;
        if (code === 'NotFound' || code === 'NoSuchKey') throw new BadPhoto('original_missing', { cause: error });
        throw error;
      });
      const { image, scale } = await decodePhoto(file);
      const picture = new Pyramid(image);
      const recognition = await deps.engine.recognition(spaces);
      const found = new Map<string, Record<string, Float32Array>>();
      // One turn a group: searches need not wait for a photo of three hundred faces.
      for (let i = 0; i < faces.length; i += GROUP) {
        const group = faces.slice(i, i + GROUP);
        const described = await deps.engine.use('normal', (engine) =>
          describeGroup(picture, group, scale, engine, recognition, faces.length <= FEW_FACES),
        );
        for (const [k, face] of group.entries()) found.set(face.id, described[k]!);
      }
      return found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function run(photoId: string): Promise<void> {
    const photo = await repository.findPhotoToDescribe(db, photoId);
    if (!photo) return;
    const needed = await neededSpaces(db, photo.eventId);
    const known = needed.filter((space) => photo.spaces.includes(space));
    // Faces that were hidden and are shown again lack what the photo has.
    const isShownAgain = (await repository.findFacesWithout(db, photoId, known)).length > 0;
    const missing = isShownAgain ? needed : needed.filter((space) => !known.includes(space));
    if (missing.length > 0) {
      const end = deps.metrics.stageSeconds.startTimer({ stage: 'describe' });
      const faces = await repository.findFacesWithout(db, photoId, missing);
      const found = await describe(photo, faces, missing);
      await db.transaction().execute(async (trx) => {
        const locked = await repository.lockDescribed(trx, photo);
        if (!locked) return;
        const visible = await repository.stillVisible(trx, [...found.keys()]);
        let added = 0;
        for (const [faceId, descriptors] of found)
          if (visible.has(faceId)) added += await addDescriptors(trx, photo.eventId, faceId, descriptors);
        await repository.markDescribed(trx, photoId, missing);
        deps.metrics.counter('faces_described_total', 'Descriptors made for faces that were known already').inc(added);
        // What somebody searches in now changed; a space that is only being prepared is looked at after the switch.
        const prepared = await repository.spaceBeingPrepared(trx, photo.eventId);
        if (added > 0 && locked.status === 'approved' && missing.some((space) => space !== prepared)) {
          const revision = await nextRevision(trx, scopes.eventFaces(photo.eventId));
          await enqueue(trx, 'match-photo', `${photoId}-f${revision}`, { photoId });
        }
      });
      end();
    }
    await finishChange(db, photo.eventId);
  }

  return async ({ photoId }, { attempt }) => {
    try {
      await run(photoId);
    } catch (error) {
      if (error instanceof BadPhoto) {
        await repository.recordFailure(db, photoId, error.failure, attempt);
        throw new UnrecoverableError(`photo cannot be described: ${error.failure}`);
      }
      if (attempt >= ATTEMPTS) await repository.recordFailure(db, photoId, messageOf(error), attempt);
      throw error;
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

async function describeGroup(
  picture: Pyramid,
  group: readonly repository.KnownFace[],
  scale: number,
  engine: FaceEngine,
  recognition: Recognition,
  thorough: boolean,
): Promise<Array<Record<string, Float32Array>>> {
  const located: LocatedFace[] = [];
  for (const face of group) {
    const { x, y, w, h } = face.box;
    const box: Box = { x: x / scale, y: y / scale, w: w / scale, h: h / scale };
    located.push(restore(face, box, scale) ?? (await locateFaces(picture, [box], engine))[0]!);
  }
  return recognise(picture, located, recognition, { thorough });
}

/** The face as it lay when it was found; null when that was not written down. */
function restore(face: repository.KnownFace, box: Box, scale: number): LocatedFace | null {
  if (!face.landmarks || face.isReliable === undefined) return null;
  const landmarks = landmarksFromBytes(face.landmarks).map(({ x, y }) => ({ x: x / scale, y: y / scale }));
  const alignment = face.isReliable ? alignFace(landmarks) : alignBox(box);
  return { landmarks, alignment, isReliable: face.isReliable, disagreement: 0 };
}
