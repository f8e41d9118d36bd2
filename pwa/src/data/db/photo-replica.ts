import { type PhotoDoc, photoDocVersion, photoUrls } from '#contracts/sync/photos.ts';
import type { Photo } from '../types.ts';
import { database } from './database.ts';
import { replicate } from './replicate.ts';

const toPhoto = (doc: PhotoDoc): Photo => ({
  id: doc.id,
  eventId: doc.eventId,
  width: doc.width,
  height: doc.height,
  takenAt: doc.takenAt,
  placeholderColor: doc.placeholderColor,
  focus: doc.focusX === null || doc.focusY === null ? null : { x: doc.focusX, y: doc.focusY },
  priceSatang: doc.priceSatang,
  ...photoUrls(doc.id),
});

/**
 * Keeps the photos of a visited event on the device, for the whole wall without signal and for photos that arrive while one looks.
 * `onPhotos` hears the wall, oldest first, once the replica is complete and after every change. One event at a time.
 */
export async function followEventPhotos(eventId: string, onPhotos: (photos: Photo[]) => void): Promise<() => void> {
  const { photos } = await database();
  const replica = replicate(photos, { name: 'photos', version: photoDocVersion, eventId, stream: true });
  let subscription: { unsubscribe: () => void } | null = null;
  let stopped = false;
  void replica.state.awaitInitialReplication().then(() => {
    if (stopped) return;
    subscription = photos
      .find({ selector: { eventId }, sort: [{ sortAt: 'asc' }, { id: 'asc' }] })
      .$.subscribe((docs) => onPhotos(docs.map((doc) => toPhoto(doc.toMutableJSON()))));
  });
  return () => {
    stopped = true;
    subscription?.unsubscribe();
    void replica.stop();
  };
}

/** What the device holds of an event, without asking the server. */
export async function storedPhotos(eventId: string): Promise<Photo[]> {
  const { photos } = await database();
  const docs = await photos.find({ selector: { eventId }, sort: [{ sortAt: 'asc' }, { id: 'asc' }] }).exec();
  return docs.map((doc) => toPhoto(doc.toMutableJSON()));
}
