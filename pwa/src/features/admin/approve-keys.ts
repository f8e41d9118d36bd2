import type { Decision } from './review-queue.ts';

/** What the keyboard can ask of the approval page. */
export interface ApproveKeys {
  /** The photo lies open on its own: arrows, Enter and Escape belong to it. */
  isOpen: () => boolean;
  /** One photo on or back; `stretch` takes it into the selection. */
  walk: (step: 1 | -1, stretch: boolean) => void;
  walkRow: (step: 1 | -1, stretch: boolean) => void;
  decide: (decision: Decision) => void;
  undo: () => void;
  select: () => void;
  clear: () => void;
  open: () => void;
  faces: () => void;
  stack: () => void;
  help: () => void;
}

/** Does what a key means here; keys that mean nothing here, or are typed into a field, stay the browser's. */
export function pressKey(event: KeyboardEvent, page: ApproveKeys): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, px-ask')) return;
  // Keys by what they mean on a Latin layout, so that they work while the keyboard is set to Thai.
  const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
  const stretch = event.shiftKey;
  const isOpen = page.isOpen();
  switch (key) {
    case 'j':
      page.walk(1, stretch && !isOpen);
      break;
    case 'k':
      page.walk(-1, stretch && !isOpen);
      break;
    case 'ArrowRight':
    case 'ArrowLeft':
      if (isOpen) return;
      page.walk(key === 'ArrowRight' ? 1 : -1, stretch);
      break;
    case 'ArrowDown':
    case 'ArrowUp':
      if (isOpen) return;
      page.walkRow(key === 'ArrowDown' ? 1 : -1, stretch);
      break;
    case 'a':
      page.decide('approve');
      break;
    case 'r':
      page.decide('reject');
      break;
    case 'u':
      page.undo();
      break;
    case 'f':
      page.faces();
      break;
    case 's':
      page.stack();
      break;
    case ' ':
      if (target.closest('button:not([data-index]), a')) return;
      page.select();
      break;
    case 'Enter':
      if (!target.closest('[data-index]') && target !== document.body) return;
      page.open();
      break;
    case 'Escape':
      if (isOpen) return;
      page.clear();
      break;
    case '?':
      page.help();
      break;
    default:
      return;
  }
  event.preventDefault();
}
