import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { errorTable } from '#contracts/errors.ts';
import { allRoutes } from '#contracts/http/index.ts';
import type { RouteDefinition } from '#contracts/http/route.ts';
import { startTestApi, type TestApi } from '#test/api.ts';

/** SPEC section 3, every endpoint. */
const specified = `
POST /api/auth/register /api/auth/login /api/auth/refresh /api/auth/logout /api/auth/forgot-password /api/auth/reset-password /api/auth/change-password
GET /api/auth/verify-email
GET /api/events /api/events/:id
POST /api/events
PUT /api/events/:id
DELETE /api/events/:id
PUT /api/events/:id/status
GET /api/events/:id/statistics
POST /api/events/:id/announce
POST /api/photos/upload /api/photos/batch-upload
GET /api/photos/:id /api/photos/:id/original /api/photos/:id/metadata
PUT /api/photos/:id/approve /api/photos/:id/reject
DELETE /api/photos/:id
POST /api/face/search
GET /api/face/search/:id/status /api/face/search/:id/results
POST /api/face/feedback
GET /api/photos/:id/faces
POST /api/face/group
GET /api/packages
POST /api/packages
PUT /api/packages/:id
DELETE /api/packages/:id
GET /api/events/:id/packages
POST /api/events/:id/packages
GET /api/cart
POST /api/cart/items
PUT /api/cart/items/:id
DELETE /api/cart/items/:id
POST /api/cart/clear
PUT /api/cart/package
GET /api/cart/summary
POST /api/payment/create
GET /api/payment/:id/status /api/payment/history
POST /api/payment/refund /api/payment/webhook
POST /api/orders
GET /api/orders /api/orders/:id /api/orders/:id/invoice /api/orders/:id/download
POST /api/orders/:id/redownload
GET /api/revenue/summary /api/revenue/events/:id /api/revenue/photographers
POST /api/revenue/split-rules
GET /api/revenue/payouts
POST /api/revenue/payouts
GET /api/admin/dashboard /api/admin/statistics /api/admin/users /api/admin/logs /api/admin/settings
PUT /api/admin/users/:id/role /api/admin/settings
`;

const shapeOf = (method: string, path: string) => `${method.toUpperCase()} ${path.replace(/:\w+/g, ':id')}`;
const endless = new Set(['GET /api/notices/stream']);

/** Wrong input of every kind; each has to be refused (or, where it happens to be fine, answered) without a 5xx. */
const bodies: Record<string, { type?: string; data: string }> = {
  nothing: { data: '' },
  'an empty object': { type: 'application/json', data: '{}' },
  'broken JSON': { type: 'application/json', data: '{"a":' },
  'an array': { type: 'application/json', data: '[]' },
  'a bare word': { type: 'application/json', data: '"x"' },
  'wrong types': {
    type: 'application/json',
    data: JSON.stringify({
      id: {},
      eventId: 7,
      photoId: [],
      photoIds: 'x',
      orderId: -1,
      email: 5,
      password: {},
      name: [],
      descriptor: 'abc',
      price: '1e999',
      priceSatang: 1.5,
      kind: '__proto__',
      token: null,
      status: 'x\u0000y',
      role: 'root',
      items: {},
      key: 1,
      value: null,
      reason: 9,
    }),
  },
  'unknown ids': {
    type: 'application/json',
    data: JSON.stringify({
      eventId: randomUUID(),
      photoId: randomUUID(),
      photoIds: [randomUUID()],
      orderId: randomUUID(),
      packageId: randomUUID(),
      consentId: randomUUID(),
      engine: 'none',
      descriptor: Array.from({ length: 128 }, () => 0.1),
      verdict: 'me',
      reason: 'because it is so',
      email: 'nobody@example.test',
      password: 'Wrong-Pass-1',
      token: 'x'.repeat(40),
      role: 'customer',
      status: 'published',
      refreshToken: 'y'.repeat(40),
    }),
  },
  'something huge': { type: 'application/json', data: JSON.stringify({ name: 'x'.repeat(3_000_000) }) },
  'another type': { type: 'application/xml', data: '<a/>' },
  'a form': { type: 'application/x-www-form-urlencoded', data: 'a=1' },
  'a broken form with files': {
    type: 'multipart/form-data; boundary=x',
    data: '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
  },
};

describe('every endpoint', function () {
  this.timeout(240_000);
  let api: TestApi;
  let people: Record<string, string | undefined>;
  before(async () => {
    api = await startTestApi();
    people = {
      nobody: undefined,
      customer: await api.signIn('customer'),
      photographer: await api.signIn('photographer'),
      admin: await api.signIn('admin'),
    };
  });
  after(() => api.stop());

  it('of the specification exists', () => {
    const ours = new Set(allRoutes.map((route) => shapeOf(route.method, route.path)));
    const missing: string[] = [];
    for (const line of specified.trim().split('\n')) {
      const [method, ...paths] = line.split(' ');
      for (const path of paths) if (!ours.has(shapeOf(method!, path))) missing.push(`${method} ${path}`);
    }
    assert.deepEqual(missing, []);
  });

  it('is described in the OpenAPI document', async () => {
    const document = (await (await fetch(`${api.url}/api/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    assert.match(document.openapi, /^3\.1/);
    for (const route of allRoutes) {
      const path = route.path.replace(/:(\w+)/g, '{$1}');
      assert.ok(document.paths[path] && route.method in document.paths[path], `${route.method} ${path}`);
    }
  });

  async function expectNoFault(route: RouteDefinition, path: string, init: RequestInit, what: string): Promise<number> {
    const response = await fetch(`${api.url}${path}`, {
      ...init,
      method: route.method.toUpperCase(),
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const label = `${route.method.toUpperCase()} ${path} with ${what}: ${response.status} ${text.slice(0, 300)}`;
    assert.ok(response.status < 500, label);
    assert.doesNotMatch(text, /\n\s+at .+:\d+:\d+|node_modules|select .+ from |PostgresError/i, label);
    if (response.status >= 400) {
      assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/, label);
      const problem = JSON.parse(text);
      assert.ok(problem.code in errorTable, label);
      assert.equal(problem.status, response.status, label);
      assert.ok(problem.requestId && problem.title && problem.detailTh, label);
    }
    return response.status;
  }

  const headers = (token: string | undefined, type?: string): Record<string, string> => ({
    ...(token && { authorization: `Bearer ${token}` }),
    ...(type && { 'content-type': type }),
  });

  for (const route of allRoutes) {
    const name = `${route.method.toUpperCase()} ${route.path}`;
    if (endless.has(name)) continue;
    it(`${name} refuses what is wrong with a code, never a fault`, async () => {
      const unknown = route.path.replace(/:\w+/g, randomUUID());
      const nonsense = route.path.replace(/:\w+/g, "x'%22%3B--");
      for (const [person, token] of Object.entries(people)) {
        if (route.path === '/api/auth/logout' || (route.method === 'delete' && route.path === '/api/account')) continue;
        for (const path of new Set([
          unknown,
          nonsense,
          `${unknown}?limit=0&cursor=nonsense&from=x&status=%00&q=${'y'.repeat(500)}`,
        ])) {
          const status = await expectNoFault(route, path, { headers: headers(token) }, `${person}, no body`);
          // Whoever may not use the route is told so, whatever else is wrong.
          if (!token && route.access !== 'public' && route.access !== 'session')
            assert.ok([401, 404].includes(status), `${name} as nobody: ${status}`);
        }
        if (route.method === 'get') continue;
        for (const [what, { type, data }] of Object.entries(bodies)) {
          // Its size is refused before anybody is asked who they are; three million letters a person would only take time.
          if (what === 'something huge' && person !== 'customer') continue;
          await expectNoFault(route, unknown, { headers: headers(token, type), body: data }, `${person}, ${what}`);
        }
      }
    });
  }

  it('of an unknown address is a problem, and a wrong method says which are right', async () => {
    const unknown = await fetch(`${api.url}/api/nothing-here`);
    assert.equal(unknown.status, 404);
    assert.equal((await unknown.json()).code, 'route.unknown');
    const wrong = await fetch(`${api.url}/api/events`, { method: 'PATCH' });
    assert.equal(wrong.status, 405);
    assert.match(wrong.headers.get('allow') ?? '', /GET/);
  });
});
