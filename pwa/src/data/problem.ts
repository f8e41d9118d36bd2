import type { ErrorCode } from '#contracts/errors.ts';

/** Codes that only the device itself produces. */
export type LocalCode = 'network.unreachable' | 'network.timeout' | 'response.unreadable';

export interface ProblemBody {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  detailTh?: string;
  retryable?: boolean;
  requestId?: string;
  errors?: { path: string; message: string }[];
}

/** What every failed call rejects with. Switch on `code`; show `textFor(lang)`. */
export class ApiProblem extends Error {
  readonly code: ErrorCode | LocalCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly requestId: string | null;
  readonly fields: readonly { path: string; message: string }[];
  readonly retryAfterSeconds: number | null;
  /** As it came: can be kept and made a problem again. */
  readonly body: ProblemBody;
  readonly #texts: { en?: string; th?: string };

  constructor(body: ProblemBody, retryAfterSeconds: number | null = null, options?: { cause?: unknown }) {
    super(body.code, options);
    this.name = 'ApiProblem';
    this.body = body;
    this.code = body.code as ErrorCode | LocalCode;
    this.status = body.status;
    this.retryable = body.retryable ?? body.status >= 500;
    this.requestId = body.requestId ?? null;
    this.fields = body.errors ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
    this.#texts = { en: body.detail ?? body.title, th: body.detailTh };
  }
  /** True when nothing reached the server or came back: what was asked may be queued. */
  get isOffline(): boolean {
    return this.code === 'network.unreachable' || this.code === 'network.timeout';
  }
  /** The server's own sentence in that language, if it sent one. */
  textFor(lang: 'th' | 'en'): string | undefined {
    return this.#texts[lang] ?? this.#texts.en;
  }
}

export const isProblem = (error: unknown, ...codes: (ErrorCode | LocalCode)[]): error is ApiProblem =>
  error instanceof ApiProblem && (codes.length === 0 || codes.includes(error.code));
