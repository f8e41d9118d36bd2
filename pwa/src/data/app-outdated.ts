import { Store } from './store.ts';

/** True when the server says that this version of the app is too old to replicate. */
export const appOutdated = new Store<boolean>(false);
