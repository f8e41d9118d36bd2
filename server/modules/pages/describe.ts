import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { FIRST_PHOTOS, longDay, photoIdOf, type ScreenLanguage } from '#contracts/first-screen.ts';
import type { EventView } from '#contracts/http/events.ts';
import type { PhotoView } from '#contracts/http/photos.ts';
import { type AppPage, pageOf } from '#contracts/pages.ts';
import type { EventsService } from '../events/service.ts';
import type { PackagesService } from '../packages/service.ts';
import type { PhotographersService } from '../photographers/service.ts';
import type { PhotosService } from '../photos/service.ts';
import type { SharesService } from '../shares/service.ts';
import { coverPreload, eventScreen, homeScreen, nameOf, placeOf } from './first-screen.ts';
import type { PageHead } from './head.ts';
import type { Html } from './html.ts';
import { breadcrumbs, eventThing, imageGallery, organization, person, webSite } from './structured.ts';
import { pageTexts } from './texts.ts';

export interface PagesDeps {
  events: EventsService;
  photos: PhotosService;
  packages: PackagesService;
  photographers: PhotographersService;
  shares: SharesService;
  publicUrl: string;
}

/** What an address shows to somebody whom we do not know. */
export type Described =
  | { kind: 'moved'; to: string }
  | {
      kind: 'page';
      status: 200 | 404;
      head: PageHead;
      surface: 'day' | 'night';
      chrome: 'full' | 'over' | 'bare';
      /** Asked for before everything else. */
      preload?: Html | undefined;
      body?: Html;
      /** Answers of the API that the page asks for first, by address. */
      answers?: Record<string, unknown>;
      sources: readonly string[];
    };
type Page = Extract<Described, { kind: 'page' }>;

const night = '#111111';
const plain: PageHead = {
  title: '',
  description: '',
  canonical: null,
  isIndexed: false,
  isLanguageAsked: false,
  type: 'website',
  image: null,
  structured: [],
  themeColor: night,
};
const homeSource = 'src/features/home/px-home-page.ts';
const eventSource = 'src/features/event/px-event-page.ts';
const portfolioSource = 'src/features/portfolio/px-portfolio-page.ts';
const shareSource = 'src/features/share/px-share-page.ts';
const findSource = 'src/features/find-me/px-find-page.ts';

/** Previews fit into 1920x1080; what a messenger shows beside a link. */
export function previewOf(photo: PhotoView, alt: string): NonNullable<PageHead['image']> {
  const { width, height } = photo;
  const scale = width && height ? Math.min(1, 1920 / width, 1080 / height) : 1;
  return {
    url: photo.previewUrl,
    width: Math.round((width ?? 1620) * scale),
    height: Math.round((height ?? 1080) * scale),
    alt,
  };
}

const short = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 157).replace(/\s+\S*$/, '')}…`;
};

export function createDescriber({ events, photos, packages, photographers, shares, publicUrl }: PagesDeps) {
  const at = (path: string): string => new URL(path, publicUrl).href;

  const notFound = (language: ScreenLanguage): Page => ({
    kind: 'page',
    status: 404,
    head: { ...plain, title: pageTexts[language].notFoundTitle, description: pageTexts[language].notFound },
    surface: 'night',
    chrome: 'full',
    sources: [],
  });
  /** A page that is somebody's own, or a tool: nothing of it is said here. */
  const bare = (language: ScreenLanguage, surface: 'day' | 'night', chrome: 'full' | 'over' | 'bare'): Page => ({
    kind: 'page',
    status: 200,
    head: { ...plain, description: pageTexts[language].home, themeColor: surface === 'night' ? night : '#ffffff' },
    surface,
    chrome,
    sources: [],
  });

  async function home(language: ScreenLanguage): Promise<Page> {
    const texts = pageTexts[language];
    const list = await events.list({ limit: 60 }, null);
    return {
      ...bare(language, 'night', 'full'),
      head: {
        ...plain,
        description: texts.home,
        canonical: '/',
        isIndexed: true,
        structured: [organization(at), webSite(at, texts.home)],
      },
      body: homeScreen(list.items, language),
      answers: { '/api/events?limit=60': list },
      sources: [homeSource],
    };
  }

  /** A closed event: whoever has no code learns from the document that there is one, and no more. */
  const closed = (language: ScreenLanguage): Page => ({
    ...bare(language, 'night', 'over'),
    head: { ...plain, title: pageTexts[language].closedTitle, description: pageTexts[language].closed },
    sources: [eventSource],
  });

  async function event(
    page: AppPage,
    { slug, photoId }: Record<string, string>,
    language: ScreenLanguage,
  ): Promise<Described> {
    const view = await events.get(slug!, null);
    if (view.accessMode === 'code') return closed(language);
    if (slug !== view.slug) return { kind: 'moved', to: addressOf(page, { slug: view.slug, photoId }) };
    const texts = pageTexts[language];
    const name = nameOf(view, language);
    const path = `/e/${view.slug}`;
    if (page !== '/e/:slug' && page !== '/e/:slug/photos/:photoId') {
      const isFind = page.startsWith('/e/:slug/find');
      const head = { ...plain, description: describeEvent(view, language), canonical: path };
      return isFind
        ? { ...bare(language, 'night', 'full'), head: { ...head, title: texts.findTitle(name) }, sources: [findSource] }
        : { ...bare(language, 'day', 'full'), head: { ...head, title: name, themeColor: '#ffffff' } };
    }
    const { isShared: _, ...wall } = await photos.listForEvent(
      view.id,
      { limit: FIRST_PHOTOS, order: 'taken' },
      null,
      [],
    );
    const wanted = photoId ?? (view.coverUrl && photoIdOf(view.coverUrl));
    const [shown] = await pictureOf(view, wall.items, wanted ?? undefined);
    if (photoId && !shown) return notFound(language);
    const offers = { items: await packages.listForEvent(view.id, null, false) };
    const description = describeEvent(view, language);
    return {
      ...bare(language, 'night', 'over'),
      head: {
        ...plain,
        title: name,
        description,
        canonical: path,
        // One photo is part of its event's page, not one more page to find.
        isIndexed: photoId === undefined,
        image: shown ? previewOf(shown, name) : null,
        structured: [
          eventThing(at, view, name, description, shown?.previewUrl ?? null),
          ...(wall.items.length > 0 ? [imageGallery(at, path, name, wall.items)] : []),
          breadcrumbs(at, [
            [texts.events, '/'],
            [name, path],
          ]),
        ],
      },
      preload: coverPreload(view),
      body: eventScreen(view, language),
      answers: {
        [`/api/events/${view.slug}`]: view,
        [`/api/events/${view.slug}/photos?limit=${FIRST_PHOTOS}`]: wall,
        [`/api/events/${view.id}/packages`]: offers,
      },
      sources: [eventSource],
    };
  }

  /** The photo if anybody may see it. */
  async function pictureOf(view: EventView, wall: readonly PhotoView[], id: string | undefined): Promise<PhotoView[]> {
    if (!id || !z.uuid().safeParse(id).success) return [];
    const known = wall.find((photo) => photo.id === id);
    if (known) return [known];
    try {
      const { photo } = await photos.requireViewable(id, 'preview', null);
      return photo.event_id === view.id ? await photos.viewsOf([id]) : [];
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return [];
      throw error;
    }
  }

  function describeEvent(view: EventView, language: ScreenLanguage): string {
    if (view.description) return short(view.description);
    return short(pageTexts[language].event(nameOf(view, language), longDay(view.startsAt, language), placeOf(view)));
  }

  /** A photographer who shows themselves. */
  async function portfolio(handle: string, language: ScreenLanguage): Promise<Described> {
    const lower = handle.toLowerCase();
    if (lower !== handle) return { kind: 'moved', to: `/p/${encodeURIComponent(lower)}` };
    const view = await photographers.portfolio(handle);
    const texts = pageTexts[language];
    const path = `/p/${view.slug}`;
    const description = short(view.bio || texts.portfolio(view.displayName));
    const [best] = view.photos as PhotoView[];
    return {
      ...bare(language, 'night', 'full'),
      head: {
        ...plain,
        title: view.displayName,
        description,
        canonical: path,
        isIndexed: true,
        type: 'profile',
        image: best ? previewOf(best, view.displayName) : null,
        structured: [
          person(at, path, view.displayName, view.bio, view.portfolioUrl),
          ...(best ? [imageGallery(at, path, view.displayName, view.photos as PhotoView[])] : []),
          breadcrumbs(at, [
            [texts.events, '/'],
            [view.displayName, path],
          ]),
        ],
      },
      answers: { [`/api/photographers/${view.slug}`]: view },
      sources: [portfolioSource],
    };
  }

  /** A bought photo that its owner shows: for those with the link, never for searchers. */
  async function share(token: string, language: ScreenLanguage): Promise<Page> {
    const view = await shares.find(token);
    const texts = pageTexts[language];
    const name = nameOf(view.event, language);
    return {
      ...bare(language, 'night', 'full'),
      head: {
        ...plain,
        title: texts.shareTitle(name),
        description: texts.share(name),
        type: 'article',
        image: { url: view.pictureUrl, width: view.width, height: view.height, alt: texts.shareTitle(name) },
      },
      answers: { [`/api/shares/${token}`]: view },
      sources: [shareSource],
    };
  }

  const legal = (page: '/privacy' | '/terms', language: ScreenLanguage): Page => {
    const texts = pageTexts[language];
    const [title, description] =
      page === '/privacy' ? [texts.privacy, texts.privacyText] : [texts.terms, texts.termsText];
    const start = bare(language, 'day', 'full');
    return { ...start, head: { ...start.head, title, description, canonical: page, isIndexed: true } };
  };

  return {
    /** `path` begins with a slash, is decoded, and has no empty segments. */
    async describe(path: string, language: ScreenLanguage): Promise<Described> {
      // No name of ours holds control characters, and the database refuses some of them.
      const found = /\p{Cc}/u.test(path) ? null : pageOf(path);
      if (!found) return notFound(language);
      const { page, params } = found;
      try {
        if (page === '/') return await home(language);
        if (page.startsWith('/e/')) return await event(page, params, language);
        if (page === '/p/:handle') return await portfolio(params.handle!, language);
        if (page === '/s/:token') return await share(params.token!, language);
      } catch (error) {
        if (error instanceof AppError && error.status === 404) return notFound(language);
        throw error;
      }
      if (page === '/privacy' || page === '/terms') return legal(page, language);
      return bare(language, 'day', page.endsWith('/*') ? 'bare' : 'full');
    },
    /** The page of an event that is not public, for its staff: it says nothing of it, the app will. */
    forStaff: closed,
  };
}

function addressOf(page: AppPage, params: Record<string, string | undefined>): string {
  return page.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}
