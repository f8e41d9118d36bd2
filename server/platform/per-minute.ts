import { type Clock, systemClock } from './clock.ts';

/** Answers true for the first `most` calls of a minute: what anybody can bring about from outside must not fill the audit trail. */
export function perMinute(most: number, clock: Clock = systemClock): () => boolean {
  let minute = 0;
  let count = 0;
  return () => {
    const now = Math.floor(clock.now().getTime() / 60_000);
    count = now === minute ? count + 1 : 1;
    minute = now;
    return count <= most;
  };
}
