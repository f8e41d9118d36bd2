import { type Request, type Response, Router } from 'express';
import { AppError } from '#contracts/errors.ts';
import type { ScreenLanguage } from '#contracts/first-screen.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db } from '#server/platform/db.ts';
import { createDescriber, type Described, type PagesDeps } from './describe.ts';
import { dataHtml, headHtml } from './head.ts';
import { createShell } from './shell.ts';
import { createSitemap } from './sitemap.ts';

export interface PagesRouterDeps extends PagesDeps {
  db: Db;
  pwaDir: string;
  findViewer(req: Request): Promise<Viewer | null>;
}

/** A gate opens and ten thousand ask for one page: it is made once in so many milliseconds. */
const KEPT_MS = 3_000;
const KEPT_PAGES = 500;
const cookieOfLanguage = /(?:^|;\s*)px\.lang=(th|en)(?:;|$)/;

/** Asked for in the address, chosen before, preferred by the browser; Thai for those who say nothing (searchers). */
function languageOf(req: Request): { language: ScreenLanguage; isAsked: boolean } {
  const { lang } = req.query;
  if (lang === 'th' || lang === 'en') return { language: lang, isAsked: true };
  const chosen = cookieOfLanguage.exec(req.get('cookie') ?? '')?.[1];
  if (chosen) return { language: chosen as ScreenLanguage, isAsked: false };
  const preferred = req.get('accept-language') === undefined ? 'th' : req.acceptsLanguages('th', 'en');
  return { language: preferred === 'th' ? 'th' : 'en', isAsked: false };
}

/** Addresses that had another form: one page, one address. */
function movedFrom(req: Request): string | undefined {
  const segments = req.path.split('/').filter(Boolean);
  if (segments[0] === 'events') segments[0] = segments.length > 1 ? 'e' : '';
  if (segments[0] === 'index.html') segments[0] = '';
  const path = `/${segments.filter(Boolean).join('/')}`;
  return path === req.path ? undefined : path;
}
const queryOf = (req: Request): string => {
  const start = req.originalUrl.indexOf('?');
  return start < 0 ? '' : req.originalUrl.slice(start);
};

/** Documents for people and searchers: the head says what the page is, the first screen stands in it, statuses are true. */
export function pagesRouter(deps: PagesRouterDeps): Router {
  const describer = createDescriber(deps);
  const shell = createShell(deps.pwaDir);
  const sitemap = createSitemap(deps);
  const kept = new Map<string, { until: number; page: Promise<Described> }>();

  function describe(path: string, language: ScreenLanguage): Promise<Described> {
    const key = `${language} ${path}`;
    const known = kept.get(key);
    if (known && known.until > Date.now()) return known.page;
    const page = describer.describe(path, language);
    kept.delete(key);
    kept.set(key, { until: Date.now() + KEPT_MS, page });
    if (kept.size > KEPT_PAGES) kept.delete(kept.keys().next().value!);
    page.catch(() => kept.delete(key));
    return page;
  }
  /** Staff open events that are not public yet: for them the page is there. */
  async function isKnownToViewer(req: Request, slug: string | undefined): Promise<boolean> {
    if (!slug || !(req.get('cookie') || req.get('authorization'))) return false;
    const viewer = await deps.findViewer(req);
    if (!viewer || viewer.isGuest) return false;
    try {
      await deps.events.get(slug, viewer);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return false;
      throw error;
    }
  }

  async function send(req: Request, res: Response, path: string): Promise<boolean> {
    const { language, isAsked } = languageOf(req);
    let page = await describe(path, language);
    if (page.kind === 'moved') {
      res.redirect(301, page.to + queryOf(req));
      return true;
    }
    const slug = /^\/e\/([^/]+)/.exec(path)?.[1];
    if (page.status === 404 && (await isKnownToViewer(req, slug))) {
      page = describer.forStaff(language) as Extract<Described, { kind: 'page' }>;
    }
    const head = { ...page.head, isLanguageAsked: isAsked };
    const text = await shell.render({
      ...page,
      language,
      head: headHtml(head, language, deps.publicUrl),
      tail: dataHtml(head.structured, page.answers),
    });
    if (text === undefined) return false;
    res.status(page.status).setHeader('Cache-Control', 'no-cache');
    res.vary('Accept-Language');
    res.vary('Cookie');
    if (!page.head.isIndexed) res.setHeader('X-Robots-Tag', 'noindex');
    res.setHeader('Content-Language', language);
    res.type('html').send(text);
    return true;
  }

  const router = Router();
  router.get('/robots.txt', (_req, res) => {
    res.setHeader('Cache-Control', 'public, max-age=3600');
    res.type('text/plain').send(sitemap.robots());
  });
  const sendXml = (res: Response, text: string): void => {
    res.setHeader('Cache-Control', 'public, max-age=600');
    res.type('application/xml').send(text);
  };
  router.get('/sitemap.xml', async (_req, res) => sendXml(res, await sitemap.index()));
  router.get('/sitemap-:part.xml', async (req, res, next) => {
    const text = await sitemap.part(String(req.params.part));
    if (text === undefined) next();
    else sendXml(res, text);
  });
  router.get('/{*page}', async (req, res, next) => {
    if (/^\/(api|dev|metrics|assets|models|demo)(\/|$)/.test(req.path) || !req.accepts('html')) return next();
    const moved = movedFrom(req);
    if (moved !== undefined) return res.redirect(301, moved + queryOf(req));
    let path: string;
    try {
      path = decodeURIComponent(req.path);
    } catch {
      path = '/bad address';
    }
    if (!(await send(req, res, path))) next();
  });
  return router;
}
