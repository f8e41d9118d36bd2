/**
 * Every address that the pages answer. The router of the pages takes its patterns from here and the server its statuses: an address
 * that matches none is a 404.
 */
export const appPages = [
  '/',
  '/e/:slug',
  '/e/:slug/photos/:photoId',
  '/e/:slug/hide',
  '/e/:slug/find',
  '/e/:slug/find/:photoId',
  '/p/:handle',
  '/s/:token',
  '/favorites',
  '/favorites/:photoId',
  '/cart',
  '/together/:token',
  '/checkout',
  '/orders/:id',
  '/sign-in',
  '/register',
  '/forgot',
  '/reset',
  '/verify',
  '/account',
  '/account/orders',
  '/account/photos',
  '/account/photos/:photoId',
  '/account/notices',
  '/account/notifications',
  '/account/profile',
  '/account/security',
  '/account/privacy',
  '/privacy',
  '/terms',
  '/unsubscribe',
  '/studio/*',
  '/admin/*',
  '/organizer/*',
] as const;
export type AppPage = (typeof appPages)[number];

/** Matches "/e/:slug/photos/:photoId" or "/admin/*" (the rest under "rest"; "/admin" too); null when it does not fit. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part === '*') {
      params.rest = given.slice(i).join('/');
      return params;
    }
    const value = given[i];
    if (value === undefined) return null;
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return given.length === wanted.length ? params : null;
}

/** The page of a path and its parameters; null for an address of ours that is none. */
export function pageOf(path: string): { page: AppPage; params: Record<string, string> } | null {
  for (const page of appPages) {
    const params = matchPath(page, path);
    if (params) return { page, params };
  }
  return null;
}
