import { FIRST_ANSWERS_ID } from '#contracts/first-screen.ts';

/** Longer than any first page takes; what is asked for later is asked of the server. */
const FRESH_MS = 20_000;

let answers: Record<string, unknown> | null = null;

function read(): Record<string, unknown> {
  const element = document.getElementById(FIRST_ANSWERS_ID);
  if (!element) return {};
  element.remove();
  try {
    return JSON.parse(element.textContent ?? '') as Record<string, unknown>;
  } catch {
    return {}; // a document cut in the middle: the server will say
  }
}

/** The answer to a GET that came with the document; each once. */
export function takeFirstAnswer(url: string): unknown {
  answers ??= read();
  const answer = answers[url];
  if (answer === undefined) return undefined;
  delete answers[url];
  return performance.now() < FRESH_MS ? answer : undefined;
}
