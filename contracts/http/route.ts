import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { isTaxId } from '../tax-id.ts';

export type Method = 'get' | 'post' | 'put' | 'delete' | 'patch';
export type Role = 'customer' | 'photographer' | 'organizer' | 'admin';

/**
 * public: no session needed (one is used when there). session: anybody, a guest session is made on first need.
 * user: signed in with an account. A list of roles: one of them (admin is always allowed).
 */
export type Access = 'public' | 'session' | 'user' | readonly Role[];

export interface RouteDefinition {
  method: Method;
  /** Express style, `/api/events/:id`. */
  path: `/${string}`;
  summary: string;
  tag: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** JSON body. For multipart set `multipart` and describe its text fields here. */
  body?: z.ZodType;
  multipart?: {
    fileFields: readonly string[];
    maxFiles: number;
    /** True: JSON without a file is fine, too. */
    isOptional?: boolean;
  };
  /** Success: status -> schema of the JSON body; null for no body; a content type string for anything but JSON. */
  responses: Record<number, z.ZodType | null | `${string}/${string}`>;
  /** True: an `Idempotency-Key` header makes repeats answer the first result. */
  idempotent?: boolean;
  /** Codes this route answers beyond those of its access and validation. */
  errors?: readonly ErrorCode[];
  /** Requests a minute per user or guest session; default 100 (see server/http/rate-limit.ts). */
  rateLimit?: 'default' | 'search' | 'upload' | 'auth' | 'share' | 'none';
}

export const route = <const R extends RouteDefinition>(definition: R): R => definition;

// Shapes used by many routes.
export const idParams = z.object({ id: z.uuid() });
/** `?token=` of the e-mailed link opens one order without a session. The page of the link is /orders/:id?token=… */
export const orderTokenQuery = z.object({ token: z.string().max(1000).optional() });
export const isoTime = z.iso.datetime({ offset: true });
export const satang = z.int().describe('integer satang, 100 = 1 THB');
export const pageQuery = z.object({
  cursor: z.string().max(300).optional().describe('`nextCursor` of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(30),
});
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  detailTh: z.string().optional(),
  retryable: z.boolean(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export const taxId = z.string().trim().refine(isTaxId, 'not a Thai tax id: 13 digits, the last one checks the others');
