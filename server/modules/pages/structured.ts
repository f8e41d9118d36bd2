import type { EventView } from '#contracts/http/events.ts';
import type { PhotoView } from '#contracts/http/photos.ts';

// JSON-LD of schema.org. `at` makes an absolute address out of a path.
type At = (path: string) => string;

export const organization = (at: At): object => ({
  '@context': 'https://schema.org',
  '@type': 'Organization',
  name: 'ThePixStock',
  url: at('/'),
  logo: at('/icons/icon-512.png'),
});

export const webSite = (at: At, description: string): object => ({
  '@context': 'https://schema.org',
  '@type': 'WebSite',
  name: 'ThePixStock',
  url: at('/'),
  description,
  inLanguage: ['th', 'en'],
});

export const breadcrumbs = (at: At, steps: readonly [name: string, path: string][]): object => ({
  '@context': 'https://schema.org',
  '@type': 'BreadcrumbList',
  itemListElement: steps.map(([name, path], index) => ({
    '@type': 'ListItem',
    position: index + 1,
    name,
    item: at(path),
  })),
});

const statusOf: Partial<Record<EventView['status'], string>> = { cancelled: 'EventCancelled' };

export function eventThing(at: At, event: EventView, name: string, description: string, imagePath: string | null) {
  const place = event.venue ?? event.location;
  return {
    '@context': 'https://schema.org',
    '@type': event.category === 'running' || event.category === 'cycling' ? 'SportsEvent' : 'Event',
    name,
    description,
    url: at(`/e/${event.slug}`),
    startDate: event.startsAt,
    endDate: event.endsAt,
    eventStatus: `https://schema.org/${statusOf[event.status] ?? 'EventScheduled'}`,
    eventAttendanceMode: 'https://schema.org/OfflineEventAttendanceMode',
    ...(place && { location: { '@type': 'Place', name: place, address: event.location ?? place } }),
    ...(imagePath && { image: [at(imagePath)] }),
  };
}

const GALLERY_SHOWN = 12;

/** Previews carry the watermark; the page to get the picture from is the event's. */
export const imageGallery = (at: At, path: string, name: string, photos: readonly PhotoView[]): object => ({
  '@context': 'https://schema.org',
  '@type': 'ImageGallery',
  name,
  url: at(path),
  image: photos.slice(0, GALLERY_SHOWN).map((photo) => ({
    '@type': 'ImageObject',
    contentUrl: at(photo.previewUrl),
    thumbnailUrl: at(photo.thumbnails.medium),
    ...(photo.takenAt && { dateCreated: photo.takenAt }),
    creditText: photo.photographer.displayName,
    creator: { '@type': 'Person', name: photo.photographer.displayName },
    acquireLicensePage: at(path),
  })),
});

export const person = (at: At, path: string, name: string, description: string | null, site: string | null) => ({
  '@context': 'https://schema.org',
  '@type': 'ProfilePage',
  mainEntity: {
    '@type': 'Person',
    name,
    jobTitle: 'Photographer',
    url: at(path),
    ...(description && { description }),
    ...(site && { sameAs: [site] }),
  },
});
