import { html, type TemplateResult } from 'lit';
import { type AppPage, matchPath } from '#contracts/pages.ts';
import type { Surface } from '../context/surface.ts';

export interface RouteMatch {
  load: () => Promise<unknown>;
  render: () => TemplateResult;
  surface: Surface;
  /** full: header and footer. over: header lies on the picture. bare: the page has the screen to itself. */
  chrome: 'full' | 'over' | 'bare';
}

interface Route extends Pick<RouteMatch, 'load' | 'surface'> {
  /** One of contracts/pages.ts, where the server learns of it, too; `/*` takes what is left. */
  pattern: AppPage | '/*';
  chrome?: RouteMatch['chrome'];
  render: (params: Record<string, string>, query: URLSearchParams) => TemplateResult;
}

/** What a desk (features/photographer, admin, organizer) exports from its index.ts. */
export interface DeskModule {
  /** `rest` is the path below the desk's root without a leading slash: "" for the root, "events/42". */
  render: (rest: string, query: URLSearchParams) => TemplateResult;
}

// Found at build time: a desk appears as soon as its index.ts exists.
const desks = import.meta.glob<DeskModule>('../features/{photographer,admin,organizer}/index.ts');

function desk(root: '/studio' | '/admin' | '/organizer', feature: string): Route {
  let loaded: DeskModule | null = null;
  return {
    pattern: `${root}/*`,
    surface: 'day',
    chrome: 'bare',
    load: async () => {
      const load = desks[`../features/${feature}/index.ts`];
      if (load) loaded = await load();
      else await notFound.load();
    },
    render: ({ rest }, query) => loaded?.render(rest ?? '', query) ?? notFound.render({}, query),
  };
}

const event = () => import('../features/event/px-event-page.ts');
const find = () => import('../features/find-me/px-find-page.ts');
const auth = () => import('../features/auth/index.ts');
const account = () => import('../features/account/index.ts');
const legal = () => import('../features/legal/px-legal-page.ts');

const notFound: Route = {
  pattern: '/*',
  surface: 'night',
  load: () => import('../features/home/px-not-found-page.ts'),
  render: () => html`<px-not-found-page></px-not-found-page>`,
};

const eventPage = ({ slug, photoId }: Record<string, string>): TemplateResult =>
  html`<px-event-page .slug=${slug!} .photoId=${photoId ?? ''}></px-event-page>`;
const findPage = ({ slug, photoId }: Record<string, string>): TemplateResult =>
  html`<px-find-page .slug=${slug!} .photoId=${photoId ?? ''}></px-find-page>`;

const accountPage = (view: string, photoId = ''): TemplateResult =>
  html`<px-account-page .view=${view} .photoId=${photoId}></px-account-page>`;

const routes: readonly Route[] = [
  {
    pattern: '/',
    surface: 'night',
    load: () => import('../features/home/px-home-page.ts'),
    render: () => html`<px-home-page></px-home-page>`,
  },
  { pattern: '/e/:slug', surface: 'night', chrome: 'over', load: event, render: eventPage },
  { pattern: '/e/:slug/photos/:photoId', surface: 'night', chrome: 'over', load: event, render: eventPage },
  { pattern: '/e/:slug/find', surface: 'night', load: find, render: findPage },
  { pattern: '/e/:slug/find/:photoId', surface: 'night', load: find, render: findPage },
  {
    pattern: '/e/:slug/hide',
    surface: 'day',
    load: () => import('../features/hide/px-hide-page.ts'),
    render: ({ slug }) => html`<px-hide-page .slug=${slug!}></px-hide-page>`,
  },
  ...(['', '/:photoId'] as const).map(
    (rest): Route => ({
      pattern: `/favorites${rest}`,
      surface: 'night',
      load: () => import('../features/favorites/px-favorites-page.ts'),
      render: ({ photoId }) => html`<px-favorites-page .photoId=${photoId ?? ''}></px-favorites-page>`,
    }),
  ),
  {
    pattern: '/p/:handle',
    surface: 'night',
    load: () => import('../features/portfolio/px-portfolio-page.ts'),
    render: ({ handle }) => html`<px-portfolio-page .handle=${handle!}></px-portfolio-page>`,
  },
  {
    pattern: '/s/:token',
    surface: 'night',
    load: () => import('../features/share/px-share-page.ts'),
    render: ({ token }) => html`<px-share-page .token=${token!}></px-share-page>`,
  },
  {
    pattern: '/cart',
    surface: 'day',
    load: () => import('../features/cart/px-cart-page.ts'),
    render: () => html`<px-cart-page></px-cart-page>`,
  },
  {
    pattern: '/together/:token',
    surface: 'day',
    load: () => import('../features/cart/px-together-page.ts'),
    render: ({ token }) => html`<px-together-page .token=${token!}></px-together-page>`,
  },
  {
    pattern: '/checkout',
    surface: 'day',
    load: () => import('../features/checkout/px-checkout-page.ts'),
    render: (_params, query) => html`<px-checkout-page .together=${query.get('together') ?? ''}></px-checkout-page>`,
  },
  {
    pattern: '/orders/:id',
    surface: 'day',
    load: () => import('../features/checkout/px-order-page.ts'),
    render: ({ id }, query) => html`<px-order-page .orderId=${id!} .token=${query.get('token') ?? ''}></px-order-page>`,
  },
  ...(['sign-in', 'register', 'forgot', 'reset', 'verify'] as const).map(
    (view): Route => ({
      pattern: `/${view}`,
      surface: 'day',
      load: auth,
      render: (_params, query) => html`<px-auth-page .view=${view} .query=${query}></px-auth-page>`,
    }),
  ),
  ...(['', '/orders', '/photos', '/notices', '/notifications', '/security', '/profile', '/privacy'] as const).map(
    (view): Route => ({
      pattern: `/account${view}`,
      surface: 'day',
      load: account,
      render: () => accountPage(view.slice(1)),
    }),
  ),
  {
    pattern: '/account/photos/:photoId',
    surface: 'day',
    load: account,
    render: ({ photoId }) => accountPage('photos', photoId),
  },
  {
    pattern: '/unsubscribe',
    surface: 'day',
    load: () => import('../features/account/px-unsubscribe.ts'),
    render: (_params, query) => html`<px-unsubscribe .token=${query.get('token') ?? ''}></px-unsubscribe>`,
  },
  ...(['privacy', 'terms'] as const).map(
    (kind): Route => ({
      pattern: `/${kind}`,
      surface: 'day',
      load: legal,
      render: () => html`<px-legal-page .kind=${kind}></px-legal-page>`,
    }),
  ),
  desk('/studio', 'photographer'),
  desk('/admin', 'admin'),
  desk('/organizer', 'organizer'),
];

export function resolve(address: string, query: URLSearchParams): RouteMatch {
  // The older address of events; the server redirects it, the kept shell has no server.
  const path = address.replace(/^\/events(?=\/)/, '/e');
  for (const route of routes) {
    const params = matchPath(route.pattern, path);
    if (params) return toMatch(route, params, query);
  }
  return toMatch(notFound, {}, query);
}

const toMatch = (route: Route, params: Record<string, string>, query: URLSearchParams): RouteMatch => ({
  load: route.load,
  render: () => route.render(params, query),
  surface: route.surface,
  chrome: route.chrome ?? 'full',
});
