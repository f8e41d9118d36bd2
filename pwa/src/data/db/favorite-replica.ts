import { type FavoriteDoc, favoriteDocVersion } from '#contracts/sync/favorites.ts';
import { database } from './database.ts';
import { type Replica, replicate } from './replicate.ts';

/** A decision about one photo, made before or after the replica was there. */
export interface FavoriteChange {
  photoId: string;
  eventId: string;
  isMarked: boolean;
  at: string;
}

let replica: Replica<FavoriteDoc> | null = null;

/** Tells of the marked photos now and whenever they change: here, in another tab, on another device. */
export async function watchFavorites(onMarks: (marks: FavoriteDoc[]) => void): Promise<() => void> {
  const { favorites } = await database();
  const subscription = favorites.find().$.subscribe((docs) => onMarks(docs.map((doc) => doc.toMutableJSON())));
  return () => subscription.unsubscribe();
}

/** Writes decisions into the replica, in order; they count when this resolves. */
export async function applyFavoriteChanges(changes: readonly FavoriteChange[]): Promise<void> {
  const { favorites } = await database();
  for (const { photoId, eventId, isMarked, at } of changes) {
    if (isMarked) await favorites.incrementalUpsert({ id: photoId, eventId, addedAt: at, revision: 0 });
    else await (await favorites.findOne(photoId).exec())?.incrementalRemove();
  }
}

/** Starts replication; a guest session is made by the server when the first mark arrives there. */
export async function startFavoriteReplication(): Promise<void> {
  if (replica) return;
  const { favorites } = await database();
  replica ??= replicate(favorites, { name: 'favorites', version: favoriteDocVersion, push: true, stream: true });
}

export async function stopFavoriteReplication(): Promise<void> {
  const running = replica;
  replica = null;
  await running?.stop();
}
