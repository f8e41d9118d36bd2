import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { faceGroupView, listFaceGroups, listGroupFaces, listPhotoFaces } from '#contracts/http/face.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import * as repository from './groups.repository.ts';

type GroupView = z.input<typeof faceGroupView>;
type PhotoFaces = z.input<(typeof listPhotoFaces)['responses'][200]>;
type GroupFaces = z.input<(typeof listGroupFaces)['responses'][200]>;
type GroupList = z.input<(typeof listFaceGroups)['responses'][200]>;
type ActionKind = 'merge' | 'split' | 'label';
export type FaceGroupsService = ReturnType<typeof createFaceGroupsService>;

/** What admins do with faces: look at those of a photo, group those of an event, merge and split groups. */
export function createFaceGroupsService({ db }: { db: Db }) {
  async function requireGroup(groupId: string): Promise<GroupView> {
    const group = await repository.findGroup(db, groupId);
    if (!group) throw new AppError('resource.not_found');
    return viewOfGroup(group);
  }
  /** One change by an admin: alone in its event, written down with what undoes it. */
  async function change(
    groupId: string,
    actorId: string,
    kind: ActionKind,
    work: (trx: Trx, eventId: string) => Promise<{ before: repository.Before; details: Record<string, unknown> }>,
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const eventId = (await repository.findGroup(trx, groupId))?.eventId;
      if (!eventId) throw new AppError('resource.not_found');
      await repository.lockGrouping(trx, eventId);
      const { before, details } = await work(trx, eventId);
      await repository.recordAction(trx, { eventId, kind, actorId, before });
      await audit(trx, {
        actorId,
        action: `faces.${kind}`,
        subjectKind: 'face_group',
        subjectId: groupId,
        details,
      });
    });
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

    async list(query: { eventId: string; cursor?: string | undefined; limit: number }): Promise<GroupList> {
      if (!(await repository.eventExists(db, query.eventId))) throw new AppError('event.not_found');
      const rows = await repository.listGroups(db, query.eventId, { after: decode(query.cursor), limit: query.limit });
      const last = rows[query.limit - 1];
      const action = await repository.lastAction(db, query.eventId);
      return {
        items: rows.slice(0, query.limit).map(viewOfGroup),
        nextCursor: rows.length > query.limit && last ? encode(last) : null,
        undoable: action ? { id: action.id, kind: action.kind as ActionKind, at: action.at.toISOString() } : null,
      };
    },

    /** Throws resource.not_found when a group is missing, merged away or of another event. */
    async merge(actorId: string, groupId: string, otherIds: readonly string[]): Promise<GroupView> {
      const others = [...new Set(otherIds)].filter((id) => id !== groupId);
      await change(groupId, actorId, 'merge', async (trx) => {
        const locked = await repository.lockGroups(trx, [groupId, ...others]);
        const isOneEvent = new Set(locked.map(({ eventId }) => eventId)).size === 1;
        if (locked.length !== others.length + 1 || !isOneEvent) throw new AppError('resource.not_found');
        const before = await repository.readBefore(trx, [groupId, ...others]);
        if (others.length > 0) await repository.moveMembers(trx, others, groupId);
        return { before, details: { merged: others } };
      });
      return requireGroup(groupId);
    },

    /** Throws resource.not_found unless all faces are members of the group. */
    async split(actorId: string, groupId: string, faceIds: readonly string[]): Promise<GroupView> {
      const wanted = [...new Set(faceIds)];
      let newId = '';
      await change(groupId, actorId, 'split', async (trx, eventId) => {
        const [group] = await repository.lockGroups(trx, [groupId]);
        if (!group) throw new AppError('resource.not_found');
        const before = await repository.readBefore(trx, [groupId]);
        const made = await repository.splitMembers(trx, { id: groupId, eventId }, wanted);
        if (made.moved !== wanted.length) throw new AppError('resource.not_found');
        newId = made.groupId;
        return { before: { ...before, created: [newId] }, details: { into: newId, faces: wanted } };
      });
      return requireGroup(newId);
    },

    /** Throws resource.not_found. */
    async label(actorId: string, groupId: string, label: string | null): Promise<GroupView> {
      await change(groupId, actorId, 'label', async (trx) => {
        const { groups } = await repository.readBefore(trx, [groupId]);
        await repository.setLabel(trx, groupId, label || null);
        return { before: { groups, members: [], created: [] }, details: { label: label || null } };
      });
      return requireGroup(groupId);
    },

    /** Takes back the last thing done in the event. Throws event.not_found, resource.not_found when there is none, resource.conflict. */
    async undo(actorId: string, eventId: string, actionId?: string): Promise<{ id: string; kind: ActionKind }> {
      if (!(await repository.eventExists(db, eventId))) throw new AppError('event.not_found');
      return db.transaction().execute(async (trx) => {
        await repository.lockGrouping(trx, eventId);
        const last = await repository.lastAction(trx, eventId);
        if (!last) throw new AppError('resource.not_found');
        if (actionId !== undefined && actionId !== last.id) throw new AppError('resource.conflict');
        await repository.restore(trx, last.id, last.before as unknown as repository.Before);
        await audit(trx, {
          actorId,
          action: 'faces.undo',
          subjectKind: 'event',
          subjectId: eventId,
          details: { kind: last.kind, action: last.id },
        });
        return { id: last.id, kind: last.kind as ActionKind };
      });
    },

    /** Throws resource.not_found. */
    async members(groupId: string, limit: number): Promise<GroupFaces> {
      const group = await requireGroup(groupId);
      const rows = await repository.listMembers(db, groupId, limit);
      return {
        group,
        items: rows.map((row) => ({
          faceId: row.id,
          photoId: row.photoId,
          box: [row.boxX, row.boxY, row.boxWidth, row.boxHeight],
          quality: row.quality,
          source: row.source as 'automatic' | 'admin',
          width: row.width,
          height: row.height,
          thumbnailUrl: `/api/photos/${row.photoId}/thumbnails/large`,
        })),
      };
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
    width: row.coverWidth,
    thumbnailUrl: `/api/photos/${row.coverPhotoId}/thumbnails/large`,
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
