/**
 * Types of every route, taken from the contracts; nothing of this reaches the phone. A route is named by its method and
 * path, as the contract writes them: `api('GET /api/events/:id', { params: { id } })`.
 */
import type { z } from 'zod';
import type * as account from '#contracts/http/account.ts';
import type * as admin from '#contracts/http/admin.ts';
import type * as auth from '#contracts/http/auth.ts';
import type * as bibs from '#contracts/http/bibs.ts';
import type * as cart from '#contracts/http/cart.ts';
import type * as downloads from '#contracts/http/downloads.ts';
import type * as events from '#contracts/http/events.ts';
import type * as face from '#contracts/http/face.ts';
import type * as faceEngines from '#contracts/http/face-engines.ts';
import type * as favorites from '#contracts/http/favorites.ts';
import type * as hiding from '#contracts/http/hiding.ts';
import type * as messages from '#contracts/http/messages.ts';
import type * as notices from '#contracts/http/notices.ts';
import type * as orders from '#contracts/http/orders.ts';
import type * as packages from '#contracts/http/packages.ts';
import type * as payment from '#contracts/http/payment.ts';
import type * as photographers from '#contracts/http/photographers.ts';
import type * as photos from '#contracts/http/photos.ts';
import type * as privacy from '#contracts/http/privacy.ts';
import type * as revenue from '#contracts/http/revenue.ts';
import type { RouteDefinition } from '#contracts/http/route.ts';
import type * as sharedCarts from '#contracts/http/shared-carts.ts';
import type * as system from '#contracts/http/system.ts';
import type * as uploads from '#contracts/http/uploads.ts';
import type * as wall from '#contracts/http/wall.ts';

type RoutesIn<M> = Extract<M[keyof M], RouteDefinition>;
type AnyRoute =
  | RoutesIn<typeof account>
  | RoutesIn<typeof admin>
  | RoutesIn<typeof auth>
  | RoutesIn<typeof bibs>
  | RoutesIn<typeof events>
  | RoutesIn<typeof face>
  | RoutesIn<typeof faceEngines>
  | RoutesIn<typeof favorites>
  | RoutesIn<typeof hiding>
  | RoutesIn<typeof messages>
  | RoutesIn<typeof notices>
  | RoutesIn<typeof photographers>
  | RoutesIn<typeof photos>
  | RoutesIn<typeof privacy>
  | RoutesIn<typeof cart>
  | RoutesIn<typeof sharedCarts>
  | RoutesIn<typeof downloads>
  | RoutesIn<typeof orders>
  | RoutesIn<typeof packages>
  | RoutesIn<typeof payment>
  | RoutesIn<typeof revenue>
  | RoutesIn<typeof system>
  | RoutesIn<typeof uploads>
  | RoutesIn<typeof wall>;

type KeyOf<R> = R extends { method: infer M extends string; path: infer P extends string }
  ? `${Uppercase<M>} ${P}`
  : never;

/** "GET /api/events/:id" -> its definition. */
export type Api = { [R in AnyRoute as KeyOf<R>]: R };
export type RouteKey = keyof Api;

type InputOf<R, K extends string> = R extends { [P in K]: infer S }
  ? S extends z.ZodType
    ? z.input<S>
    : never
  : never;
type Success = 200 | 201 | 202 | 204;
type JsonOf<S> = S extends z.ZodType ? z.output<S> : undefined;

export type Params<K extends RouteKey> = InputOf<Api[K], 'params'>;
export type QueryOf<K extends RouteKey> = InputOf<Api[K], 'query'>;
export type Body<K extends RouteKey> = InputOf<Api[K], 'body'>;
/** What a successful call answers. */
export type Answer<K extends RouteKey> = Api[K] extends { responses: infer R }
  ? JsonOf<R[Extract<keyof R, Success>]>
  : never;
