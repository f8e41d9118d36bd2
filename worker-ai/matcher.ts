import { cosine, distanceOfCosine } from '#face/descriptor.ts';
import type { EventFaces } from './face-index.ts';
import type { Match } from './searches.repository.ts';

export type Verdicts = ReadonlyMap<string, { verdict: 'me' | 'not_me'; faceId: string | null }>;

/** Share of strangers closer than a distance, measured on upright portraits of the general public; log-linear in between. */
const falseAccepts: ReadonlyArray<readonly [distance: number, share: number]> = [
  [0.2, 1e-7],
  [0.28, 1e-5],
  [0.319, 1e-4],
  [0.36, 1e-3],
  [0.425, 1e-2],
  [0.487, 1e-1],
  [0.6, 1],
];
/** Strangers that a band may hold, as a number in the whole event. */
const allowed = { sure: 0.1, maybe: 2 };
const farthest = { sure: 0.36, maybe: 0.43 };

export function falseAcceptShare(distance: number): number {
  const above = falseAccepts.findIndex(([d]) => d >= distance);
  if (above === -1) return 1;
  if (above === 0) return falseAccepts[0]![1];
  const [d0, s0] = falseAccepts[above - 1]!;
  const [d1, s1] = falseAccepts[above]!;
  return Math.exp(Math.log(s0) + ((distance - d0) / (d1 - d0)) * (Math.log(s1) - Math.log(s0)));
}

/**
 * Photos of the person in the event, best first: the closest face of each photo within a band that depends on how many
 * faces there are. What the person said stands: "not me" is left out, "me" is sure. The same for any order of the faces.
 */
export function matchFaces(
  faces: EventFaces,
  query: Float32Array,
  verdicts: Verdicts,
): { matches: Match[]; calibration: Record<string, unknown> } {
  const best = new Map<number, { face: number; cosine: number }>();
  const length = query.length;
  for (let i = 0; i < faces.count; i++) {
    const similarity = cosine(query, faces.descriptors.subarray(i * length, (i + 1) * length));
    const photo = faces.photoOf[i]!;
    const known = best.get(photo);
    if (!known || similarity > known.cosine) best.set(photo, { face: i, cosine: similarity });
  }
  const matches: Match[] = [];
  for (const [photo, { face, cosine: similarity }] of best) {
    const photoId = faces.photoIds[photo]!;
    const verdict = verdicts.get(photoId)?.verdict;
    if (verdict === 'not_me') continue;
    const distance = distanceOfCosine(similarity);
    const strangers = falseAcceptShare(distance) * faces.count;
    const isSure = verdict === 'me' || (strangers <= allowed.sure && distance <= farthest.sure);
    if (!isSure && (strangers > allowed.maybe || distance > farthest.maybe)) continue;
    matches.push({
      photoId,
      faceId: faces.faceIds[face]!,
      band: isSure ? 'sure' : 'maybe',
      confidence: verdict === 'me' ? 1 : 3 / (3 + strangers),
      distance,
    });
  }
  for (const [photoId, { verdict, faceId }] of verdicts)
    if (verdict === 'me' && !matches.some((match) => match.photoId === photoId))
      matches.push({ photoId, faceId, band: 'sure', confidence: 1, distance: 0 });
  matches.sort((a, b) => b.confidence - a.confidence || a.distance - b.distance || (a.photoId < b.photoId ? -1 : 1));
  return { matches, calibration: { sureError: 0.01, maybeError: 0.2, faces: faces.count, method: 'size' } };
}
