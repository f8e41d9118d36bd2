import { randomBytes } from 'node:crypto';
import { formatBaht, parseBaht, type Satang } from '#contracts/money.ts';
import { JsonFile } from '../dev/json-file.ts';
import { promptPayPayload, SIMULATED_ACCOUNT } from './qr.ts';
import {
  emptyState,
  type Faults,
  type FeedEntry,
  faultsSchema,
  type GatewayState,
  naiveThaiTime,
  type Transaction,
} from './state.ts';
import { type WebhookSender, webhookData } from './webhooks.ts';

const LIFETIME_MS = 15 * 60_000;
const KEPT_TRANSACTIONS = 5_000;
const DELAYED_WEBHOOK_MS = 20_000;

export const ACTIONS = [
  'pay',
  'pay-short',
  'pay-over',
  'pay-late',
  'pay-again',
  'fail',
  'expire',
  'repeat-webhook',
  'delay-webhook',
  'lose-webhook',
] as const;
export type Action = (typeof ACTIONS)[number];

export interface CreateRequest {
  amount: string;
  ref1: string;
  type: string;
  account: string;
}

/** How an action differs from its default: copies of a repeated webhook (1-50), how late a delayed one is. */
export interface ActionOptions {
  count?: number;
  delayMs?: number;
}

export interface Gateway {
  readonly faults: Faults;
  setFaults(faults: Faults): void;
  /** True when the fault switch says that this call fails; counts a numbered switch down. */
  takeFault(name: 'createFails' | 'checkFails'): boolean;
  /** Throws RangeError when the amount is not a positive number of baht or no satang is free. */
  create(request: CreateRequest): Transaction;
  /** Expires what is over its time. Undefined for an unknown id. */
  check(transId: string): Transaction | undefined;
  /** Only a pending one can be cancelled; answers it as it then is. */
  cancel(transId: string): Transaction | undefined;
  act(transId: string, action: Action, options?: ActionOptions): Transaction | undefined;
  list(): Transaction[];
  /** What the bank feed lists now, newest first. */
  feed(): FeedEntry[];
  /** Somebody's transfer to the account that belongs to no QR. */
  stray(amountSatang: Satang): void;
}

/** The rules of the simulated gateway over a state that is saved before anything is answered. */
export function openGateway(file: JsonFile<GatewayState>, webhooks: WebhookSender, now: () => Date): Gateway {
  const state = file.value;
  state.faults = faultsSchema.parse(state.faults);

  function expireOverdue(): void {
    const time = now().toISOString();
    const overdue = state.transactions.filter((each) => each.status === 'pending' && each.expiresAt <= time);
    for (const transaction of overdue) transaction.status = 'expired';
    if (overdue.length > 0) file.save();
  }

  function find(transId: string): Transaction | undefined {
    expireOverdue();
    return state.transactions.find((each) => each.transId === transId);
  }

  function uniquePayable(requested: Satang): Satang {
    const live = new Set(
      state.transactions.filter((each) => each.status === 'pending').map((each) => each.payableSatang),
    );
    for (let step = 0; step < 99; step++) {
      const satang = ((state.lastSatang + step) % 99) + 1;
      if (live.has(requested + satang)) continue;
      state.lastSatang = satang;
      return requested + satang;
    }
    throw new RangeError('no free satang for this amount, try later');
  }

  function receive(transaction: Transaction, amount: Satang): void {
    const time = now();
    Object.assign(transaction, { status: 'completed', paidSatang: amount, paidAt: time.toISOString() });
    deposit(amount, transaction.transId);
  }

  /** Money on the bank account, as its feed will tell it with the faults that are set. */
  function deposit(amount: Satang, transId: string): void {
    const { feedLateMs, feedTwice, feedWithoutIds, feedOffSatang, feedFeeSatang, feedDrops } = state.faults;
    const time = now();
    const arrived = Math.max(1, amount + feedOffSatang - feedFeeSatang);
    state.balanceSatang += arrived;
    if (feedDrops) return;
    state.feed.unshift({
      source: 'KBANK',
      amount: formatBaht(arrived, true),
      bankaccount: SIMULATED_ACCOUNT,
      currency: 'THB',
      date: naiveThaiTime(time),
      balance: formatBaht(state.balanceSatang, true),
      trans_id: feedWithoutIds ? '' : transId,
      transactiontype: 'เงินเข้า',
      ...(feedLateMs > 0 && { visibleAt: new Date(time.getTime() + feedLateMs).toISOString() }),
      ...(feedTwice && { copies: 2 }),
    });
    state.feed.length = Math.min(state.feed.length, KEPT_TRANSACTIONS);
  }

  /** Money for this QR, once: a second pay of a paid one changes nothing and says nothing, as with a bank. */
  function pay(transaction: Transaction, extra: Satang, announce: () => void): void {
    if (transaction.paidSatang !== null) return;
    receive(transaction, Math.max(1, transaction.payableSatang + extra));
    announce();
  }

  const announce = (transaction: Transaction, delayMs = 0): void => {
    const copies = 1 + state.faults.duplicateWebhooks;
    webhooks.enqueue(transaction.transId, webhookData(transaction), {
      copies,
      delayMs,
      lost: state.faults.dropWebhooks,
    });
  };

  const actions: Record<Action, (transaction: Transaction, options: ActionOptions) => void> = {
    pay: (transaction) => pay(transaction, 0, () => announce(transaction)),
    'pay-short': (transaction) => pay(transaction, -100, () => announce(transaction)),
    'pay-over': (transaction) => pay(transaction, 100, () => announce(transaction)),
    'pay-late': (transaction) => {
      if (transaction.status === 'pending') {
        transaction.expiresAt = new Date(now().getTime() - 60_000).toISOString();
        transaction.status = 'expired';
      }
      pay(transaction, 0, () => announce(transaction));
    },
    // The bank takes a second transfer to the same QR; the gateway says nothing of it.
    'pay-again': (transaction) => {
      if (transaction.paidSatang !== null) deposit(transaction.payableSatang, transaction.transId);
    },
    fail: (transaction) => {
      if (transaction.status !== 'pending') return;
      transaction.status = 'failed';
      announce(transaction);
    },
    expire: (transaction) => {
      if (transaction.status !== 'pending') return;
      transaction.status = 'expired';
      transaction.expiresAt = now().toISOString();
    },
    'repeat-webhook': (transaction, { count = 1 }) => {
      webhooks.enqueue(transaction.transId, webhookData(transaction), { copies: count, delayMs: 0, lost: false });
    },
    'delay-webhook': (transaction, { delayMs = DELAYED_WEBHOOK_MS }) => {
      if (transaction.paidSatang === null) pay(transaction, 0, () => announce(transaction, delayMs));
      else webhooks.postpone(transaction.transId, delayMs);
    },
    'lose-webhook': (transaction) => {
      const data = () => webhookData(transaction);
      const lost = () => webhooks.enqueue(transaction.transId, data(), { copies: 1, delayMs: 0, lost: true });
      if (transaction.paidSatang === null) pay(transaction, 0, lost);
      else webhooks.lose(transaction.transId);
    },
  };

  return {
    get faults() {
      return state.faults;
    },
    setFaults(faults) {
      state.faults = faults;
      file.save();
    },
    takeFault(name) {
      const left = state.faults[name];
      if (typeof left === 'number' && left > 0) {
        state.faults[name] = left - 1;
        file.save();
      }
      return left === true || (typeof left === 'number' && left > 0);
    },
    create({ amount, ref1, type, account }) {
      const requestedSatang = parseBaht(amount);
      if (requestedSatang <= 0) throw new RangeError('amount must be more than 0');
      expireOverdue();
      const payableSatang = uniquePayable(requestedSatang);
      const created = now();
      const transaction: Transaction = {
        transId: `PN${randomBytes(9).toString('hex').toUpperCase()}`,
        ref1,
        requestedSatang,
        payableSatang,
        paidSatang: null,
        status: 'pending',
        qrPayload: promptPayPayload(type, account, payableSatang),
        createdAt: created.toISOString(),
        expiresAt: new Date(created.getTime() + LIFETIME_MS).toISOString(),
        paidAt: null,
      };
      state.transactions.unshift(transaction);
      state.transactions.length = Math.min(state.transactions.length, KEPT_TRANSACTIONS);
      file.save();
      return transaction;
    },
    check: find,
    cancel(transId) {
      const transaction = find(transId);
      if (transaction?.status === 'pending') {
        transaction.status = 'cancelled';
        file.save();
      }
      return transaction;
    },
    act(transId, action, options = {}) {
      const transaction = find(transId);
      if (!transaction) return undefined;
      actions[action](transaction, options);
      file.save();
      webhooks.wake();
      return transaction;
    },
    list() {
      expireOverdue();
      return state.transactions;
    },
    feed() {
      const time = now().toISOString();
      return state.feed
        .filter((row) => !row.visibleAt || row.visibleAt <= time)
        .flatMap(({ visibleAt: _, copies = 1, ...row }) => Array.from({ length: copies }, () => row));
    },
    stray(amountSatang) {
      deposit(amountSatang, '');
      file.save();
    },
  };
}

/** The state kept in `path`. */
export const openGatewayFile = (path: string): JsonFile<GatewayState> => new JsonFile(path, emptyState());
