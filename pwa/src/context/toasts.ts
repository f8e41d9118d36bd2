import { Store } from '../data/store.ts';

export interface Toast {
  id: number;
  text: string;
  kind: 'info' | 'success' | 'error';
  action?: { label: string; run: () => void };
}

export const toasts = new Store<readonly Toast[]>([]);

const SHOWN_MS = 5_000;
let serial = 0;

/** One sentence above the bottom bar, read out by screen readers; gone after 5 s, with an action after 8 s. */
export function toast(text: string, options: { kind?: Toast['kind']; action?: Toast['action'] } = {}): void {
  const id = ++serial;
  const entry: Toast = { id, text, kind: options.kind ?? 'info', action: options.action };
  toasts.set([...toasts.value.filter((other) => other.text !== text), entry].slice(-2));
  setTimeout(() => dismissToast(id), options.action ? SHOWN_MS + 3_000 : SHOWN_MS);
}

export function dismissToast(id: number): void {
  toasts.set(toasts.value.filter((entry) => entry.id !== id));
}
