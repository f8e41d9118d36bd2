import type { IndexedFace } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import { readEventFaces } from '../event-faces.repository.ts';
import { groupInThread } from '../grouping.run.ts';
import * as repository from '../groups.repository.ts';
import { neededSpaces } from '../spaces.repository.ts';

type Member = Awaited<ReturnType<typeof repository.findMembers>>[number];

/** An admin who works while faces are grouped goes first: so often it begins again. */
const MAX_ROUNDS = 5;

/**
 * Groups the faces of an event anew, in a thread of its own. Groups keep their ids as far as their faces stay together; an
 * admin's choices stand.
 */
export function createGroupFacesJob(deps: { db: Db }): JobHandler<'group-faces'> {
  const { db } = deps;
  async function groupOnce(eventId: string, engine: string, signal: AbortSignal): Promise<number | null> {
    const lastAction = await repository.findLastAction(db, eventId);
    const { faces } = await readEventFaces(db, eventId, engine);
    const groupings = await group(faces, await repository.findMembers(db, eventId), signal);
    return db.transaction().execute(async (trx) => {
      await repository.lockGrouping(trx, eventId);
      if ((await repository.findLastAction(trx, eventId)) !== lastAction) return null;
      await repository.replaceGroups(trx, eventId, groupings);
      return groupings.length;
    });
  }
  return async ({ eventId }, { logger, signal }) => {
    const [engine] = await neededSpaces(db, eventId);
    if (!engine) return;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const groups = await groupOnce(eventId, engine, signal);
      if (groups === null) continue;
      logger.info({ eventId, groups }, 'faces grouped');
      return;
    }
    throw new Error('somebody changes the groups all the time');
  };
}

async function group(
  faces: readonly IndexedFace[],
  before: readonly Member[],
  signal: AbortSignal,
): Promise<repository.Grouping[]> {
  const memberOf = new Map(before.map((member) => [member.faceId, member]));
  const numberOf = new Map<string, number>();
  const fixedOf = Int32Array.from(faces, ({ faceId }) => {
    const member = memberOf.get(faceId);
    if (member?.source !== 'admin') return -1;
    const known = numberOf.get(member.groupId) ?? numberOf.size;
    numberOf.set(member.groupId, known);
    return known;
  });
  const input = {
    faceIds: faces.map(({ faceId }) => faceId),
    photoIds: faces.map(({ photoId }) => photoId),
    descriptors: faces.map(({ descriptor }) => descriptor),
    quality: Float32Array.from(faces, ({ quality }) => quality),
    fixedOf,
  };
  const rootOf = await groupInThread(input, signal);
  const clusters = new Map<number, string[]>();
  for (const [i, { faceId }] of faces.entries()) {
    const cluster = clusters.get(rootOf[i]!) ?? [];
    cluster.push(faceId);
    clusters.set(rootOf[i]!, cluster);
  }
  return nameClusters([...clusters.values()], memberOf);
}

/** Each group of before goes to the cluster that holds most of it; an admin's face decides alone. Largest overlaps first. */
function nameClusters(clusters: readonly string[][], memberOf: ReadonlyMap<string, Member>): repository.Grouping[] {
  const claims = clusters.flatMap((faceIds, cluster) => {
    const votes = new Map<string, number>();
    for (const id of faceIds) {
      const member = memberOf.get(id);
      if (member) votes.set(member.groupId, (votes.get(member.groupId) ?? 0) + (member.source === 'admin' ? 1e6 : 1));
    }
    return [...votes].map(([groupId, count]) => ({ cluster, groupId, count }));
  });
  claims.sort((a, b) => b.count - a.count || a.groupId.localeCompare(b.groupId) || a.cluster - b.cluster);
  const named = new Map<number, string>();
  const taken = new Set<string>();
  for (const { cluster, groupId } of claims) {
    if (named.has(cluster) || taken.has(groupId)) continue;
    named.set(cluster, groupId);
    taken.add(groupId);
  }
  return clusters.flatMap((faceIds, cluster) => {
    const groupId = named.get(cluster);
    // One face alone is no group, unless it was one of an admin's.
    return faceIds.length > 1 || groupId ? [{ groupId, faceIds }] : [];
  });
}
