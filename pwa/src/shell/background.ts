import { startOutbox } from '../data/outbox.ts';

/** What runs behind the pages once the first picture stands. */
export function startBackground(): void {
  startOutbox();
}
