import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { faceGroupView, listPhotoFaces } from '#contracts/http/face.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import * as repository from './groups.repository.ts';

type GroupView = z.input<typeof faceGroupView>;
type PhotoFaces = z.input<(typeof listPhotoFaces)['responses'][200]>;
export type FaceGroupsService = ReturnType<typeof createFaceGroupsService>;

/** What admins do with faces: look at those of a photo, group those of an event, merge and split groups. */
export function createFaceGroupsService({ db }: { db: Db }) {
  async function requireGroup(groupId: string): Promise<GroupView> {
    const group = await repository.findGroup(db, groupId);
    if (!group) throw new AppError('resource.not_found');
    return viewOfGroup(group);
  }
  return {
    /** Throws photo.not_found. */
    async facesOf(photoId: string): Promise<PhotoFaces> {
      if (!(await repository.photoExists(db, photoId))) throw new AppError('photo.not_found');
      const rows = await repository.listFaces(db, photoId);
      return {
        items: rows.map((row) => ({
          id: row.id,
          engines: row.engines,
          box: [row.boxX, row.boxY, row.boxWidth, row.boxHeight] as [number, number, number, number],
          score: row.score,
          quality: row.quality,
          qualityParts: row.qualityParts as Record<string, number>,
          isHidden: row.hiddenAt !== null,
          groupId: row.groupId,
        })),
        nextCursor: null,
      };
    },

    /** Throws event.not_found. */
    async start(actorId: string, eventId: string): Promise<{ eventId: string; status: 'queued' }> {
      if (!(await repository.eventExists(db, eventId))) throw new AppError('event.not_found');
      await db.transaction().execute(async (trx) => {
        await enqueue(trx, 'group-faces', `${eventId}-${randomUUID()}`, { eventId });
        await audit(trx, { actorId, action: 'faces.group', subjectKind: 'event', subjectId: eventId });
      });
      return { eventId, status: 'queued' };
    },

    async list(query: {
      eventId: string;
      cursor?: string | undefined;
      limit: number;
    }): Promise<{ items: GroupView[]; nextCursor: string | null }> {
      if (!(await repository.eventExists(db, query.eventId))) throw new AppError('event.not_found');
      const rows = await repository.listGroups(db, query.eventId, { after: decode(query.cursor), limit: query.limit });
      const last = rows[query.limit - 1];
      return {
        items: rows.slice(0, query.limit).map(viewOfGroup),
        nextCursor: rows.length > query.limit && last ? encode(last) : null,
      };
    },

    /** Throws resource.not_found when a group is missing, merged away or of another event. */
    async merge(actorId: string, groupId: string, otherIds: readonly string[]): Promise<GroupView> {
      const others = [...new Set(otherIds)].filter((id) => id !== groupId);
      await db.transaction().execute(async (trx) => {
        const locked = await repository.lockGroups(trx, [groupId, ...others]);
        const isOneEvent = new Set(locked.map(({ eventId }) => eventId)).size === 1;
        if (locked.length !== others.length + 1 || !isOneEvent) throw new AppError('resource.not_found');
        if (others.length > 0) await repository.moveMembers(trx, others, groupId);
        const details = { merged: others };
        await audit(trx, { actorId, action: 'faces.merge', subjectKind: 'face_group', subjectId: groupId, details });
      });
      return requireGroup(groupId);
    },

    /** Throws resource.not_found unless all faces are members of the group. */
    async split(actorId: string, groupId: string, faceIds: readonly string[]): Promise<GroupView> {
      const wanted = [...new Set(faceIds)];
      const created = await db.transaction().execute(async (trx) => {
        const [group] = await repository.lockGroups(trx, [groupId]);
        if (!group) throw new AppError('resource.not_found');
        const { groupId: newId, moved } = await repository.splitMembers(trx, group, wanted);
        if (moved !== wanted.length) throw new AppError('resource.not_found');
        const details = { into: newId, faces: wanted };
        await audit(trx, { actorId, action: 'faces.split', subjectKind: 'face_group', subjectId: groupId, details });
        return newId;
      });
      return requireGroup(created);
    },
  };
}

const viewOfGroup = (row: repository.GroupRow): GroupView => ({
  id: row.id,
  eventId: row.eventId,
  label: row.label,
  faceCount: row.faceCount,
  photoCount: row.photoCount,
  cover: {
    faceId: row.coverFaceId,
    photoId: row.coverPhotoId,
    box: [row.boxX, row.boxY, row.boxWidth, row.boxHeight],
    thumbnailUrl: `/api/photos/${row.coverPhotoId}/thumbnails/medium`,
  },
  createdAt: row.createdAt.toISOString(),
});

const encode = (row: { faceCount: number; id: string }): string =>
  Buffer.from(`${row.faceCount}~${row.id}`).toString('base64url');

function decode(text: string | undefined): { faceCount: number; id: string } | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9})~([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  if (!match)
    throw new AppError('request.invalid', { errors: [{ path: 'query.cursor', message: 'not a cursor of this list' }] });
  return { faceCount: Number(match[1]), id: match[2]! };
}
