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
