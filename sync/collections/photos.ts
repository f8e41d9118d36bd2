import { AppError } from '#contracts/errors.ts';
import type { Replicated } from '#contracts/sync/documents.ts';
import { type PhotoDoc, photoDocVersion } from '#contracts/sync/photos.ts';
import type { EventRow, EventsService } from '#server/modules/events/service.ts';
import { type PulledPhoto, pullPhotos, sortAtOf, thumbHashText } from '#server/modules/photos/service.ts';
import type { Db } from '#server/platform/db.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import type { SyncCollection } from '../collection.ts';

function toDoc(photo: PulledPhoto, isHidden: boolean): Replicated<PhotoDoc> {
  const isGone = isHidden || photo.deleted_at !== null || photo.status !== 'approved';
  return {
    id: photo.id,
    eventId: photo.event_id,
    width: photo.width ?? 3,
    height: photo.height ?? 2,
    takenAt: isGone ? null : (photo.taken_at?.toISOString() ?? null),
    sortAt: sortAtOf(photo).toISOString(),
    placeholderColor: isGone ? null : photo.placeholder_color,
    thumbHash: isGone ? null : thumbHashText(photo.thumb_hash),
    focusX: isGone ? null : photo.focus_x,
    focusY: isGone ? null : photo.focus_y,
    photographerId: photo.photographer_id,
    photographerName: isGone ? '' : photo.photographer_name,
    priceSatang: photo.price_satang,
    bibs: isGone ? [] : photo.bibs,
    revision: photo.revision,
    _deleted: isGone,
  };
}

/** What decides who may read an event's photos, and whether there are any to read. */
const stateOf = (event: Pick<EventRow, 'status' | 'access_mode' | 'access_code_hash'>) =>
  `${event.status} ${event.access_mode} ${event.access_code_hash ?? ''}`;

/**
 * Approved photos of one event. In find-me events it carries nothing (a match does not move a photo's revision): phones
 * keep those from the search's results; what they held from before the mode changed is withdrawn.
 */
export function photosCollection({ db, events }: { db: Db; events: EventsService }): SyncCollection<PhotoDoc> {
  return {
    name: 'photos',
    version: photoDocVersion,
    older: { 0: { lower: ({ thumbHash: _thumbHash, bibs: _bibs, ...doc }) => doc } },
    access: 'public',
    async open(context) {
      if (!context.eventId) {
        throw new AppError('request.invalid', { errors: [{ path: 'query.eventId', message: 'whose photos?' }] });
      }
      const event = await events.requireVisible(db, context.eventId, context.viewer, context.eventAccess);
      const isHidden = event.access_mode === 'find_me';
      return {
        scope: scopes.eventPhotos(event.id),
        shared: {
          state: stateOf(event),
          async now() {
            const current = await events.find(event.id);
            return current && stateOf(current);
          },
        },
        async pull(at, after, limit) {
          if (isHidden && after.revision === 0) return [];
          return (await pullPhotos(at, event.id, after, limit)).map((row) => toDoc(row, isHidden));
        },
      };
    },
  };
}
