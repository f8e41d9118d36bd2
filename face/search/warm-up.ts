import { normalize } from '../descriptor.ts';
import { buildIndex, searchIndex } from '../search.ts';
import { Arena } from './arena.ts';

const FACES = 512;
const SEARCHES = 200;

/**
 * Searches among made-up faces until the engine has compiled the kernel and what calls it for speed: the first searches of a process
 * would take five times as long as later ones. A sixth of a second.
 */
export function warmUpSearch(length: number): void {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const faces = Array.from({ length: FACES }, (_, i) => ({
    faceId: `f${i}`,
    photoId: `p${i}`,
    descriptor: normalize(Array.from({ length }, random)),
    quality: 1,
  }));
  const { internals, ...index } = buildIndex(faces, new Arena());
  for (let i = 0; i < SEARCHES; i++) searchIndex({ ...index, internals }, faces[i % FACES]!.descriptor);
  internals.gallery.free();
  internals.cohort.vectors.free();
}
