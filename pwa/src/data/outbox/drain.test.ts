import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ApiProblem } from '../problem.ts';
import { type DrainDeps, drain, MOST_FAILURES, type Transport } from './drain.ts';
import type { Effect, Outcome } from './effects.ts';

const effect = (seq: number, lane: string, more: Partial<Effect> = {}): Effect => ({
  seq,
  id: `effect-${seq}`,
  kind: 'feedback',
  lane,
  method: 'POST',
  path: '/api/face/feedback',
  body: { seq },
  createdAt: 0,
  owner: null,
  ...more,
});
const problem = (status: number, code: string, after: number | null = null) =>
  new ApiProblem({ status, code, retryable: status >= 500 || status === 429 }, after);
const offline = () => problem(0, 'network.unreachable');

/** An outbox in memory; `send` as the test wants it. */
function outbox(effects: Effect[], send: Transport) {
  const rows = new Map(effects.map((each) => [each.id, each]));
  const settled: Outcome[] = [];
  const sent: string[] = [];
  const deps: DrainDeps = {
    list: async () => [...rows.values()].sort((a, b) => a.seq - b.seq),
    put: async (row) => void (rows.has(row.id) && rows.set(row.id, row)),
    settle: async ({ id }) => void rows.delete(id),
    admit: async () => true,
    exclusive: (work) => work(),
    send: (request) => {
      sent.push(request.key);
      return send(request);
    },
    onSettled: (outcome) => void settled.push(outcome),
  };
  return { deps, rows, settled, sent };
}

describe('what waits on the phone', () => {
  it('goes out in order, each once, under its own key', async () => {
    const { deps, rows, settled, sent } = outbox([effect(2, 'a'), effect(1, 'a'), effect(3, 'b')], async () => ({}));
    assert.deepEqual(await drain(deps), { why: 'empty', retryAfterSeconds: null });
    assert.deepEqual(sent, ['effect-1', 'effect-2', 'effect-3']);
    assert.equal(rows.size, 0);
    assert.ok(settled.every(({ result }) => result.ok));
  });

  it('stays, whole and in order, when there is no signal', async () => {
    const { deps, rows, sent } = outbox([effect(1, 'a'), effect(2, 'b')], () => Promise.reject(offline()));
    assert.equal((await drain(deps)).why, 'unreachable');
    assert.deepEqual(sent, ['effect-1'], 'one probe is enough');
    assert.equal(rows.size, 2);
    assert.equal(rows.get('effect-1')?.attempted, true);
  });

  it('is told about when refused, and does not hold up the next', async () => {
    const refuse: Transport = async ({ key }) => {
      if (key === 'effect-1') throw problem(409, 'order.price_changed');
      return {};
    };
    const { deps, rows, settled } = outbox([effect(1, 'a'), effect(2, 'a')], refuse);
    await drain(deps);
    assert.equal(rows.size, 0);
    assert.deepEqual(
      settled.map(({ id, result }) => [id, result.ok ? 'ok' : result.problem.code]),
      [
        ['effect-1', 'order.price_changed'],
        ['effect-2', 'ok'],
      ],
    );
  });

  for (const [name, answer] of [
    ['too many requests', problem(429, 'request.rate_limited', 30)],
    ['the same request still running', problem(409, 'idempotency.in_progress')],
    ['a server that is being replaced', problem(503, 'service.unavailable', 30)],
  ] as const)
    it(`waits for ever on ${name}, and only what comes after it in its lane waits with it`, async () => {
      const wait: Transport = async ({ key }) => {
        if (key === 'effect-1') throw answer;
        return {};
      };
      const { deps, rows, sent } = outbox([effect(1, 'a'), effect(2, 'a'), effect(3, 'b')], wait);
      for (let round = 0; round < MOST_FAILURES * 2; round++) assert.equal((await drain(deps)).why, 'later');
      assert.deepEqual([...rows.keys()].sort(), ['effect-1', 'effect-2']);
      assert.ok(!sent.includes('effect-2'));
    });

  it('is given up after some answers that are none, with the reason, so that it cannot go round for ever', async () => {
    const { deps, settled, sent } = outbox([effect(1, 'a'), effect(2, 'a')], async ({ key }) => {
      if (key === 'effect-1') throw problem(500, 'server.error');
      return {};
    });
    let rounds = 0;
    while ((await drain(deps)).why !== 'empty') rounds++;
    assert.equal(rounds, MOST_FAILURES - 1);
    assert.equal(sent.filter((key) => key === 'effect-1').length, MOST_FAILURES);
    assert.deepEqual(
      settled.map(({ id, result }) => [id, result.ok]),
      [
        ['effect-1', false],
        ['effect-2', true],
      ],
    );
  });

  it('is given up, too, when it breaks its own sending', async () => {
    const { deps, settled } = outbox([effect(1, 'a')], async () => {
      throw new TypeError('missing path parameter');
    });
    for (let round = 0; round < MOST_FAILURES; round++) await drain(deps);
    assert.equal(settled.length, 1);
  });

  it('of somebody who is not signed in here waits for them, and is not lost when the session has ended', async () => {
    const { deps, rows } = outbox([effect(1, 'a'), effect(2, 'b')], async () => {
      throw problem(401, 'auth.required');
    });
    assert.equal((await drain(deps)).why, 'empty');
    assert.equal(rows.size, 2);
    await drain({ ...deps, admit: async () => false });
    assert.equal(rows.size, 2);
  });

  it('asks first what has to be asked first, once, also when the answer was lost in between', async () => {
    const search = effect(1, 'face', {
      kind: 'search',
      before: [{ method: 'POST', path: '/api/consents', body: {}, into: 'consentId', key: 'the-switch' }],
    });
    let calls = 0;
    const bodies: unknown[] = [];
    const { deps, sent } = outbox([search], async ({ path, body }) => {
      if (path === '/api/consents') return { id: 'consent-1' };
      bodies.push(body);
      if (calls++ === 0) throw offline();
      return { id: 'search-1' };
    });
    await drain(deps);
    await drain(deps);
    assert.deepEqual(sent, ['the-switch', 'effect-1', 'effect-1']);
    assert.deepEqual(bodies, [
      { seq: 1, consentId: 'consent-1' },
      { seq: 1, consentId: 'consent-1' },
    ]);
  });

  it('whatever the network does: every effect ends once, and lanes keep their order', async () => {
    const weather = fc.array(fc.constantFrom('ok', 'lost', 'offline', 'busy', 'refused'), { maxLength: 60 });
    const lanes = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lanes, weather, async (laneOf, days) => {
        const applied = new Map<string, number>();
        const order: string[] = [];
        let day = 0;
        const { deps, rows, settled } = outbox(
          laneOf.map((lane, i) => effect(i, lane)),
          async ({ key }) => {
            const now = days[day++] ?? 'ok';
            if (now === 'offline') throw offline();
            if (now === 'busy') throw problem(429, 'request.rate_limited');
            if (now === 'refused' && !applied.has(key)) throw problem(422, 'request.invalid');
            if (!applied.has(key)) order.push(key);
            applied.set(key, 1); // the server's own memory of the key
            if (now === 'lost') throw offline();
            return {};
          },
        );
        for (let i = 0; rows.size > 0 && i < 200; i++) await drain(deps);
        assert.equal(settled.length, laneOf.length);
        for (const lane of new Set(laneOf)) {
          const mine = order.filter((key) => laneOf[Number(key.slice(7))] === lane);
          assert.deepEqual(mine, [...mine].sort(bySeq));
        }
        const done = settled.filter(({ result }) => result.ok).map(({ id }) => id);
        assert.deepEqual(new Set(done), new Set(applied.keys()));
      }),
      { numRuns: 200 },
    );
  });
});

const bySeq = (a: string, b: string): number => Number(a.slice(7)) - Number(b.slice(7));
