import type { z } from 'zod';
import type { RouteDefinition } from '#contracts/http/route.ts';
import { type Method, type SendOptions, send } from './api.ts';

type Success = 200 | 201 | 202;
type BodyOf<T> = T extends z.ZodType ? z.output<T> : undefined;

/** The JSON body of a route's success: `Answer<typeof admin.dashboard>`. */
export type Answer<R extends RouteDefinition> = BodyOf<R['responses'][Success & keyof R['responses']]>;

/** One entry of a route's page. */
export type ItemOf<R extends RouteDefinition> = Answer<R> extends { items: readonly (infer I)[] } ? I : never;

type Input<T> = T extends z.ZodType ? z.input<T> : undefined;

export interface CallOptions<R extends RouteDefinition>
  extends Pick<SendOptions, 'params' | 'idempotencyKey' | 'signal' | 'timeoutMs'> {
  query?: Partial<Record<keyof NonNullable<Input<R['query']>>, string | number | boolean | null | undefined>>;
  body?: Input<R['body']>;
}

/**
 * A call whose method, path, query, body and answer are those of one route of the contracts; types only, so that no zod reaches
 * the browser: `call<typeof admin.setUserRole>('PUT', '/api/admin/users/:id/role', { params: { id }, body: { role } })`.
 */
export const call = <R extends RouteDefinition>(
  method: Uppercase<R['method']> & Method,
  path: R['path'],
  options: CallOptions<R> = {},
): Promise<Answer<R>> => send<Answer<R>>(method, path, options as SendOptions);
