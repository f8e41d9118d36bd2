import type { Method } from '../http.ts';
import type { ProblemBody } from '../problem.ts';

export type EffectKind =
  | 'search'
  | 'feedback'
  | 'consent'
  | 'withdraw'
  | 'hide'
  | 'order'
  | 'profile'
  | 'favorite'
  | 'notices';

/** A call that has to be answered first. Done once: what it answers is kept with the effect. */
export interface Step {
  method: Method;
  path: string;
  body: unknown;
  /** Where its answer's `id` goes in the effect's body (a search needs the consent's id); left out: only the order counts. */
  into?: string;
  /** Its Idempotency-Key where it may have been sent before; left out: made from the effect's. */
  key?: string;
}

/** What a person did, to be said to the server once. */
export interface NewEffect {
  kind: EffectKind;
  method: Method;
  path: string;
  params?: Record<string, string>;
  body?: unknown;
  before?: readonly Step[];
  /** What the screen needs to go on with the answer: the event of a search. */
  about?: Record<string, string>;
  /** Effects of one lane go in order; another lane's refusal or delay does not hold them up. Default: by kind and event. */
  lane?: string;
  /** The Idempotency-Key, where the same was tried without the outbox; default: a new one. */
  id?: string;
}

export interface Effect extends NewEffect {
  /** The device's own counter: the order of things whatever its clock says. */
  seq: number;
  /** Also the Idempotency-Key. */
  id: string;
  lane: string;
  /** To be shown only. */
  createdAt: number;
  /** Whose it is; null: done before there was a session. */
  owner: { id: string; isGuest: boolean } | null;
  /** It left the device at least once, maybe without an answer. */
  attempted?: boolean;
  /** Answers that were no answer (5xx, unreadable): after some of them it is given up. */
  failures?: number;
}

/** How an effect ended. */
export interface Outcome {
  /** The effect's. */
  id: string;
  effect: Effect;
  /** The server's answer, or why it will never agree. */
  result: { ok: true; body: unknown } | { ok: false; problem: ProblemBody };
}

const face = new Set<EffectKind>(['search', 'feedback', 'consent', 'withdraw', 'hide']);

export const laneOf = ({ kind, lane, about, params }: NewEffect): string =>
  lane ??
  (face.has(kind) ? `face:${about?.eventId ?? ''}` : kind === 'favorite' ? `favorite:${params?.photoId}` : kind);
