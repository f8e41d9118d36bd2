import { Store } from '../data/store.ts';

/** A newer version of the app waits to take over. */
export const updateReady = new Store<(() => void) | null>(null);

const holds = new Set<symbol>();
/** True while a reload would disturb something: a payment, what is on its way, what only this page keeps, photos being uploaded. */
export const updatesHeld = new Store<boolean>(false);

/** Keeps the app as it is while something must not be disturbed. Returns the release. */
export function holdUpdates(): () => void {
  const mine = Symbol('hold');
  holds.add(mine);
  updatesHeld.set(true);
  return () => {
    holds.delete(mine);
    updatesHeld.set(holds.size > 0);
  };
}

/** Keeps it as it is for as long as the value says so. Returns the function that stops looking, and lets go. */
export function holdUpdatesWhile<T>(store: Store<T>, isBusy: (value: T) => boolean): () => void {
  let release: (() => void) | null = null;
  const look = (value: T): void => {
    if (isBusy(value)) release ??= holdUpdates();
    else {
      release?.();
      release = null;
    }
  };
  const unwatch = store.watch(look);
  look(store.value);
  return () => {
    unwatch();
    release?.();
  };
}
