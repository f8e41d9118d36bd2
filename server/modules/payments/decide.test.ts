import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canGo, unreachable } from '#server/platform/machine.ts';
import { orderMachine } from '../orders/machine.ts';
import { decide, type Situation } from './decide.ts';
import { isLive, type PaymentStatus, paymentMachine } from './machine.ts';

const now = new Date('2026-11-22T12:00:00Z');
type Changes = Partial<Omit<Situation, 'payment'>> & { payment?: Partial<Situation['payment']> };
const situation = (changes: Changes = {}): Situation => ({
  orderStatus: 'pending',
  isPaidOtherwise: false,
  isDeliverable: true,
  answer: { status: 'completed', amountSatang: 6024, ref1: 'R1' },
  now,
  ...changes,
  payment: {
    status: 'pending',
    ref1: 'R1',
    requestedSatang: 6000,
    payableSatang: 6024,
    paidSatang: null,
    expiresAt: new Date(now.getTime() + 60_000),
    ...changes.payment,
  },
});
const money = (changes: Changes) => {
  const decision = decide(situation(changes));
  assert.equal(decision.kind, 'money');
  return decision.kind === 'money' ? [decision.appliedSatang, decision.review] : [];
};
const completed = (amountSatang: number | null, ref1: string | null = 'R1') => ({
  status: 'completed' as const,
  amountSatang,
  ref1,
});

describe('what a gateway’s answer means', () => {
  it('applies the right money, and only that', () => {
    assert.deepEqual(money({}), [6024, null]);
    assert.deepEqual(money({ answer: completed(6023) }), [0, 'underpaid']);
    assert.deepEqual(money({ answer: completed(9999) }), [6024, 'overpaid']);
    assert.deepEqual(money({ answer: completed(6024, 'R2') }), [0, 'unmatched']);
    assert.deepEqual(money({ isPaidOtherwise: true }), [0, 'duplicate']);
    assert.deepEqual(money({ orderStatus: 'paid' }), [0, 'duplicate']);
    assert.deepEqual(money({ orderStatus: 'cancelled' }), [0, 'late']);
    assert.deepEqual(money({ orderStatus: 'expired' }), [6024, null]);
    assert.deepEqual(money({ orderStatus: 'expired', isDeliverable: false }), [0, 'late']);
    assert.deepEqual(money({ payment: { status: 'expired' } }), [6024, null]);
  });
  it('knows what was to pay when the answer to create was lost', () => {
    const lost = { status: 'unknown' as const, payableSatang: null };
    assert.deepEqual(money({ payment: lost, answer: completed(6055) }), [6055, null]);
    assert.deepEqual(money({ payment: lost, answer: completed(5999) }), [0, 'underpaid']);
    assert.deepEqual(money({ payment: lost, answer: completed(7000) }), [6000, 'overpaid']);
  });
  it('does nothing twice and nothing without an amount', () => {
    assert.deepEqual(decide(situation({ payment: { paidSatang: 6024, status: 'paid' } })), { kind: 'nothing' });
    assert.deepEqual(decide(situation({ answer: completed(null) })), { kind: 'nothing' });
  });
  it('ends an attempt by the gateway’s word, or a minute after its time', () => {
    const answer = (status: 'pending' | 'expired') => ({ status, amountSatang: null, ref1: 'R1' });
    const past = (ms: number) => ({ expiresAt: new Date(now.getTime() - ms) });
    assert.deepEqual(decide(situation({ answer: answer('expired') })), { kind: 'close', status: 'expired' });
    assert.deepEqual(decide(situation({ answer: answer('pending') })), { kind: 'nothing' });
    assert.deepEqual(decide(situation({ answer: answer('pending'), payment: past(30_000) })), { kind: 'nothing' });
    assert.deepEqual(decide(situation({ answer: answer('pending'), payment: past(61_000) })), {
      kind: 'close',
      status: 'expired',
    });
    assert.deepEqual(decide(situation({ answer: answer('expired'), payment: { status: 'cancelled' } })), {
      kind: 'nothing',
    });
  });
  it('only ever asks for moves that the machines have, and never applies more than arrived', () => {
    const statuses = Object.keys(paymentMachine.next) as PaymentStatus[];
    fc.assert(
      fc.property(
        fc.constantFrom(...statuses.filter((status) => status !== 'paid')),
        fc.constantFrom(...Object.keys(orderMachine.next)),
        fc.constantFrom('completed', 'pending', 'expired', 'cancelled', 'failed') as fc.Arbitrary<'completed'>,
        fc.integer({ min: 1, max: 20_000 }),
        fc.boolean(),
        fc.boolean(),
        (status, orderStatus, said, amountSatang, isPaidOtherwise, isDeliverable) => {
          const answer = { status: said, amountSatang, ref1: 'R1' };
          const decision = decide(
            situation({ payment: { status }, orderStatus, isPaidOtherwise, isDeliverable, answer }),
          );
          if (decision.kind === 'close') assert.ok(isLive(status) && canGo(paymentMachine, status, decision.status));
          if (decision.kind !== 'money') return;
          assert.ok(canGo(paymentMachine, status, 'paid'));
          assert.ok(decision.appliedSatang <= decision.paidSatang && decision.paidSatang === amountSatang);
          assert.equal(decision.appliedSatang === decision.paidSatang, decision.review === null);
          if (decision.appliedSatang > 0) assert.ok(canGo(orderMachine, orderStatus as 'pending', 'paid'));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('state tables of selling', () => {
  for (const machine of [orderMachine, paymentMachine]) {
    it(`reach every status of ${machine.table}`, () => assert.deepEqual(unreachable<string>(machine as never), []));
  }
});
