import type { SearchHit } from '#face/search.ts';
import type { Match } from './searches.repository.ts';

/** What the searcher said, by photo; `faceId` when it is known which face was meant. */
export type Verdicts = ReadonlyMap<string, { verdict: 'me' | 'not_me'; faceId: string | null }>;

/** Faces that the searcher said something about, as a search takes them. */
export function facesSaid(verdicts: Verdicts): { confirmed: string[]; rejected: string[] } {
  const said = (verdict: 'me' | 'not_me') =>
    [...verdicts.values()].flatMap((one) => (one.verdict === verdict && one.faceId ? [one.faceId] : []));
  return { confirmed: said('me'), rejected: said('not_me') };
}

/**
 * Photos of the person in the event, best first, one match a photo. What the person said stands: "not me" is left out, "me"
 * is sure, and both have moved what looks like them. The same for any order of uploads.
 */
export function matchesOf(hits: readonly SearchHit[], verdicts: Verdicts): Match[] {
  const matches = hits
    .filter(({ photoId }) => verdicts.get(photoId)?.verdict !== 'not_me')
    .map((hit): Match => (verdicts.get(hit.photoId)?.verdict === 'me' ? { ...hit, band: 'sure', confidence: 1 } : hit));
  const found = new Set(matches.map(({ photoId }) => photoId));
  for (const [photoId, { verdict }] of verdicts)
    if (verdict === 'me' && !found.has(photoId))
      matches.unshift({ photoId, faceId: null, band: 'sure', confidence: 1, distance: 0 });
  return matches;
}
