import { extendZodWithOpenApi, OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { errorTable } from '#contracts/errors.ts';
import { problemSchema, type RouteDefinition } from '#contracts/http/route.ts';

extendZodWithOpenApi(z);

const describeAccess = (access: RouteDefinition['access']): string =>
  Array.isArray(access)
    ? `Signed in as ${access.join(' or ')} (admin always).`
    : { public: 'Public.', session: 'Any session; a guest session is made on first need.', user: 'Signed in.' }[
        access as 'user'
      ];

function successResponse(schema: RouteDefinition['responses'][number]) {
  if (schema === null) return { description: 'Done' };
  if (typeof schema === 'string') return { description: 'Content', content: { [schema]: { schema: z.string() } } };
  return { description: 'OK', content: { 'application/json': { schema } } };
}

/** OpenAPI 3.1 document of the routes, from the very schemas that validate them. */
export function openApiDocument(definitions: readonly RouteDefinition[], publicUrl: string) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'cookie', { type: 'apiKey', in: 'cookie', name: 'tps.session_token' });
  const problem = registry.register('Problem', z.object(problemSchema.shape));
  for (const definition of definitions) {
    const responses: Record<number, object> = {};
    for (const [status, schema] of Object.entries(definition.responses))
      responses[Number(status)] = successResponse(schema);
    for (const code of definition.errors ?? []) {
      const { status } = errorTable[code];
      const codes = (definition.errors ?? []).filter((other) => errorTable[other].status === status);
      responses[status] = {
        description: codes.join(', '),
        content: { 'application/problem+json': { schema: problem } },
      };
    }
    registry.registerPath({
      method: definition.method,
      path: definition.path.replace(/:(\w+)/g, '{$1}'),
      summary: definition.summary,
      description: describeAccess(definition.access),
      tags: [definition.tag],
      ...(definition.access !== 'public' && { security: [{ bearer: [] }, { cookie: [] }] }),
      request: {
        ...(definition.params && { params: definition.params as never }),
        ...(definition.query && { query: definition.query as never }),
        ...(definition.idempotent && {
          headers: z.object({ 'Idempotency-Key': z.string().min(8).max(128).optional() }) as never,
        }),
        ...requestBody(definition),
      },
      responses: {
        ...responses,
        default: { description: 'Problem', content: { 'application/problem+json': { schema: problem } } },
      } as never,
    });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'ThePixStock',
      version: '1',
      description: 'Event photos: find yourself, buy, download. Errors are RFC 9457 problems with a stable `code`.',
    },
    servers: [{ url: publicUrl }],
  });
}

function requestBody(definition: RouteDefinition) {
  const content: Record<string, { schema: unknown }> = {};
  if (definition.multipart) {
    const files = Object.fromEntries(
      definition.multipart.fileFields.map((name) => [name, { type: 'string', format: 'binary' }]),
    );
    const fields = definition.body
      ? (z.toJSONSchema(definition.body, { io: 'input', unrepresentable: 'any' }) as { properties?: object }).properties
      : {};
    content['multipart/form-data'] = { schema: { type: 'object', properties: { ...fields, ...files } } };
  }
  if (definition.body && (!definition.multipart || definition.multipart.isOptional))
    content['application/json'] = { schema: definition.body };
  return Object.keys(content).length ? { body: { content: content as never } } : {};
}
