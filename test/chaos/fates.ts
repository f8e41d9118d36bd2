import { createRandom, type Random } from './random.ts';

/**
 * What becomes of a request. lost: it never arrives. unanswered: it arrives, the answer does not. cut: the answer breaks off in the middle.
 * slow: it is late, and so is the answer, so that others overtake them. twice: it arrives two times at once. late twin: a copy of it arrives
 * after whatever comes next. hole: it arrives, and the line stays silent until the app loses patience.
 */
export type Fate = 'lost' | 'unanswered' | 'cut' | 'slow' | 'twice' | 'late twin' | 'hole';
const usual = ['lost', 'unanswered', 'unanswered', 'cut', 'slow', 'slow', 'twice', 'late twin'] as const;

export interface Verdict {
  fate: Fate | null;
  /** For how long things take. */
  random: Random;
  /** For how long `slow` waits before and after; left out: by `random`. */
  slowMs?: readonly [number, number] | undefined;
}

export interface Plan {
  /** "POST /api/orders"; ids are stars. */
  request: string;
  fate: Fate | null;
  slowMs?: readonly [number, number];
}

/**
 * The fates of one device's requests, by the seed, by what is asked, and by how often that was asked before: the same however requests of
 * different kinds interleave.
 */
export function createFates() {
  let seed = 1;
  const asked = new Map<string, number>();
  const counts: Record<string, number> = {};
  const planned: Plan[] = [];
  return {
    counts,
    /** The next such request meets this, whatever the seed says. */
    plan: (plan: Plan): void => void planned.push(plan),
    reset(next: number): void {
      seed = next;
      asked.clear();
      planned.length = 0;
      for (const name of Object.keys(counts)) delete counts[name];
    },
    /** `badness`: share of requests that something happens to. */
    of(method: string, url: string, badness: number): Verdict {
      const what = `${method} ${new URL(url, 'http://x').pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')}`;
      const next = planned.findIndex(({ request }) => request === what);
      if (next >= 0) {
        const [{ fate, slowMs }] = planned.splice(next, 1) as [Plan];
        return { fate, slowMs, random: createRandom(1) };
      }
      const times = (asked.get(what) ?? 0) + 1;
      asked.set(what, times);
      const random = createRandom(hash(`${seed} ${what} ${times}`));
      if (!random.chance(badness)) return { fate: null, random };
      // Rare: each costs the app's whole patience.
      const fate = random.chance(0.01) ? 'hole' : random.pick(usual);
      counts[fate] = (counts[fate] ?? 0) + 1;
      return { fate, random };
    },
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
