import { cosine, meanDescriptor } from '#face/descriptor.ts';
import type { Descriptors } from './messages.ts';

/** Good frames that make one template. */
export const SHOTS = 4;
const FEWEST = 3;
/** Frames closer together are one picture twice. */
export const APART_MS = 180;
/** On a slow phone fewer frames do: nobody holds still for longer. */
const LONGEST_MS = 3_500;

/** How alike two faces of one space are. */
export interface Likeness {
  /** Strangers' median cosine, and the one from which two faces are taken for one person. */
  median: number;
  samePerson: number;
}

/**
 * A few good frames of one person, distinct in time, averaged into one template: noise of a single frame goes, and a search with it
 * finds more. Says so when a frame shows somebody else.
 */
export class Burst {
  readonly #likeness: ReadonlyMap<string, Likeness>;
  readonly #shots: Descriptors[] = [];
  #firstAt = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(likeness: ReadonlyMap<string, Likeness>) {
    this.#likeness = likeness;
  }

  get count(): number {
    return this.#shots.length;
  }

  /** Milliseconds between the first and the last frame. */
  get spanMs(): number {
    return this.count > 1 ? this.#lastAt - this.#firstAt : 0;
  }

  /** Whether a frame of this moment (milliseconds) may be taken. */
  isDue(at: number): boolean {
    return at - this.#lastAt >= APART_MS;
  }

  /** `someone_else`: the frame shows another person than those before; the burst begins anew with it. */
  add(shot: Descriptors, at: number): 'taken' | 'someone_else' {
    const isOther = this.count > 0 && !this.#isSamePerson(shot);
    if (isOther) this.#shots.length = 0;
    if (this.count === 0) this.#firstAt = at;
    this.#shots.push(shot);
    this.#lastAt = at;
    return isOther ? 'someone_else' : 'taken';
  }

  isComplete(now: number): boolean {
    return this.count >= SHOTS || (this.count >= FEWEST && now - this.#firstAt > LONGEST_MS);
  }

  /** One unit vector a space. Throws RangeError when there is no frame. */
  template(): Descriptors {
    const spaces = Object.keys(this.#shots[0] ?? {});
    if (spaces.length === 0) throw new RangeError('a template needs at least one frame');
    return Object.fromEntries(spaces.map((id) => [id, meanDescriptor(this.#shots.map((shot) => shot[id]!))]));
  }

  #isSamePerson(shot: Descriptors): boolean {
    const mean = this.template();
    return Object.entries(shot).every(([id, descriptor]) => {
      const likeness = this.#likeness.get(id);
      return !likeness || cosine(descriptor, mean[id]!) >= sameInBurst(likeness);
    });
  }
}

/** Frames of one second differ less than photos of one person, but a blink must not begin anew: a third of the way to strangers. */
const sameInBurst = ({ median, samePerson }: Likeness): number => samePerson - (samePerson - median) / 3;
