import type { Replicated } from '#contracts/sync/documents.ts';
import { type EventDoc, eventDocVersion } from '#contracts/sync/events.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { type EventWithCover, isPublicStatus, pullEvents } from '#server/modules/events/service.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import type { SyncCollection } from '../collection.ts';

/** What is not public any more, or is behind a code (strangers do not even see it listed), keeps nothing but its id. */
function toDoc(event: EventWithCover): Replicated<EventDoc> {
  const isGone = event.deleted_at !== null || !isPublicStatus(event.status) || event.access_mode === 'code';
  const shown = <T>(value: T, blank: T): T => (isGone ? blank : value);
  return {
    id: event.id,
    slug: shown(event.slug, event.id),
    name: shown(event.name, ''),
    nameEn: shown(event.name_en, null),
    description: shown(event.description, null),
    category: shown(event.category, 'other'),
    status: shown(event.status, 'archived'),
    accessMode: shown(event.access_mode, 'find_me'),
    faceSearchEnabled: shown(event.face_search_enabled, false),
    location: shown(event.location, null),
    venue: shown(event.venue, null),
    timeZone: event.time_zone,
    startsAt: event.starts_at.toISOString(),
    endsAt: event.ends_at.toISOString(),
    salesEnabled: shown(event.sales_enabled, false),
    salesStartAt: shown(event.sales_start_at?.toISOString() ?? null, null),
    salesEndAt: shown(event.sales_end_at?.toISOString() ?? null, null),
    coverUrl: shown(event.shown_cover_id && photoUrls(event.shown_cover_id).thumbnails.large, null),
    revision: event.revision,
    _deleted: isGone,
  };
}

export const eventsCollection: SyncCollection<EventDoc> = {
  name: 'events',
  version: eventDocVersion,
  access: 'public',
  open: async () => ({
    scope: scopes.events(),
    shared: { state: '', now: async () => '' },
    pull: async (db, after, limit) => (await pullEvents(db, after, limit)).map(toDoc),
  }),
};
