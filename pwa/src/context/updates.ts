import { Store } from '../data/store.ts';

/** A newer version of the app waits to take over. */
export const updateReady = new Store<(() => void) | null>(null);

const holds = new Set<symbol>();
export const updatesHeld = new Store<boolean>(false);

/** Keeps the app as it is while something must not be disturbed (a payment). Returns the release. */
export function holdUpdates(): () => void {
  const mine = Symbol('hold');
  holds.add(mine);
  updatesHeld.set(true);
  return () => {
    holds.delete(mine);
    updatesHeld.set(holds.size > 0);
  };
}
