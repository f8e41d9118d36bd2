import { newDecision } from '#contracts/sync/documents.ts';
import { type FavoriteDoc, favoriteDocVersion } from '#contracts/sync/favorites.ts';
import { changeReplica, observe } from './database.ts';
import { type Replica, replicate } from './replicate.ts';

/** A decision about one photo, made before or after the replica was there. */
export interface FavoriteChange {
  photoId: string;
  eventId: string;
  isMarked: boolean;
  at: string;
}

let replica: Promise<Replica> | null = null;

/** Tells of the marked photos now and whenever they change: here, in another tab, on another device. */
export const watchFavorites = (onMarks: (marks: FavoriteDoc[]) => void): Promise<() => void> =>
  observe(
    (db) => db.favorites.find().$,
    (docs) => onMarks(docs.map((doc) => doc.toMutableJSON())),
  );

/** Writes decisions into the replica, in order; they count when this resolves. */
export const applyFavoriteChanges = (changes: readonly FavoriteChange[]): Promise<void> =>
  changeReplica(async ({ favorites }) => {
    for (const { photoId, eventId, isMarked, at } of changes) {
      if (isMarked) await favorites.incrementalUpsert({ id: photoId, eventId, addedAt: at, revision: newDecision() });
      else {
        const mark = await favorites.findOne(photoId).exec();
        await mark?.incrementalModify((doc) => ({ ...doc, revision: newDecision(), _deleted: true }));
      }
    }
  });

/** Starts replication; a guest session is made by the server when the first mark arrives there. */
export async function startFavoriteReplication(): Promise<void> {
  replica ??= replicate('favorites', { version: favoriteDocVersion, push: true, stream: true });
  replica.catch(() => {
    replica = null;
  });
  await replica;
}

/** Resolves when every mark made here is at the server. */
export async function favoritesInSync(): Promise<void> {
  await startFavoriteReplication();
  await (await replica!).inSync();
}

export async function stopFavoriteReplication(): Promise<void> {
  const running = await replica?.catch(() => null);
  replica = null;
  await running?.stop();
}
