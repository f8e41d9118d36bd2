import { type Calibration, type FaceIndex, searchIndex } from '#face/search.ts';
import type { Match } from './searches.repository.ts';

/** What the searcher said, by photo; `faceId` when it is known which face was meant. */
export type Verdicts = ReadonlyMap<string, { verdict: 'me' | 'not_me'; faceId: string | null }>;

/**
 * Photos of the person in the event, best first, one match a photo. What the person said stands: "not me" is left out, "me"
 * is sure, and both move what looks like them. The same for any order of uploads.
 */
export function matchFaces(
  index: FaceIndex,
  query: Float32Array,
  verdicts: Verdicts,
): { matches: Match[]; calibration: Calibration } {
  const facesSaid = (verdict: 'me' | 'not_me') =>
    [...verdicts.values()].flatMap((said) => (said.verdict === verdict && said.faceId ? [said.faceId] : []));
  const hits = searchIndex(index, query, { confirmed: facesSaid('me'), rejected: facesSaid('not_me') });
  const matches = hits
    .filter(({ photoId }) => verdicts.get(photoId)?.verdict !== 'not_me')
    .map((hit): Match => (verdicts.get(hit.photoId)?.verdict === 'me' ? { ...hit, band: 'sure', confidence: 1 } : hit));
  const found = new Set(matches.map(({ photoId }) => photoId));
  for (const [photoId, { verdict }] of verdicts)
    if (verdict === 'me' && !found.has(photoId))
      matches.unshift({ photoId, faceId: null, band: 'sure', confidence: 1, distance: 0 });
  return { matches, calibration: index.calibration };
}
