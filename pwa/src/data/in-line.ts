/** Opened inside LINE: no service worker, no downloads, gone when LINE closes it. */
export const isInLine: boolean = /\bLine\//.test(navigator.userAgent);
