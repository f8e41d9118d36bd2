import { createHmac, randomUUID } from 'node:crypto';
import { formatBaht } from '#contracts/money.ts';
import type { JsonFile } from '../dev/json-file.ts';
import { type Delivery, type GatewayState, naiveThaiTime, type Transaction } from './state.ts';

const RETRY_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const ANSWER_TIMEOUT_MS = 10_000;
const KEPT_DELIVERIES = 5_000;

export interface WebhookSender {
  /** Adds deliveries to the state; the caller saves it and calls `wake`. */
  enqueue(transId: string, rawData: string, how: { copies: number; delayMs: number; lost: boolean }): void;
  postpone(transId: string, delayMs: number): void;
  lose(transId: string): void;
  /** Sends what is due and sets the clock for the rest. */
  wake(): void;
  deliveries(transId: string): Delivery[];
  close(): Promise<void>;
}

/**
 * The exact text of `data`. Like the gateway's PHP it escapes slashes and everything beyond ASCII, so that a shop which
 * parses and re-serialises before it checks the signature is found out here.
 */
export function webhookData(transaction: Transaction): string {
  const isPaid = transaction.status === 'completed';
  const json = JSON.stringify({
    trans_id: transaction.transId,
    ref1: transaction.ref1,
    amount: formatBaht(transaction.paidSatang ?? transaction.payableSatang, true),
    payment_status: transaction.status,
    status: isPaid ? '1' : '0',
    paid_at: transaction.paidAt && naiveThaiTime(new Date(transaction.paidAt)),
    channel: 'PromptPay/QR',
    msg: isPaid ? 'ชำระเงินสำเร็จ' : 'รายการไม่สำเร็จ',
  });
  const escapedUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll('/', '\\/').replace(/[\u0080-\uffff]/g, escapedUnit);
}

/** Hex HMAC-SHA256 over the bytes of `rawData` under the API key. */
export const sign = (rawData: string, apiKey: string): string =>
  createHmac('sha256', apiKey).update(rawData).digest('hex');

export const webhookBody = (rawData: string, apiKey: string): string =>
  `{"data":${rawData},"signature":"${sign(rawData, apiKey)}"}`;

/** Delivers the webhooks of the state until each is acknowledged with `{"status":1}`, with growing pauses. */
export function openWebhookSender(options: {
  file: JsonFile<GatewayState>;
  url: string;
  apiKey: string;
  now: () => Date;
}): WebhookSender {
  const { file, url, apiKey, now } = options;
  const state = file.value;
  const underWay = new Map<string, Promise<void>>();
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  async function post(rawData: string): Promise<{ isAcknowledged: boolean; answer: string }> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: webhookBody(rawData, apiKey),
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
      });
      const text = await response.text();
      const isAcknowledged = response.ok && /^\{\s*"status"\s*:\s*"?1"?\s*[,}]/.test(text.trim());
      return { isAcknowledged, answer: `${response.status} ${text.slice(0, 200)}` };
    } catch (error) {
      return { isAcknowledged: false, answer: String((error as Error).cause ?? error).slice(0, 200) };
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const { isAcknowledged, answer } = await post(delivery.rawData);
    if (abort.signal.aborted) return;
    const pause = RETRY_SECONDS[delivery.attempts];
    delivery.attempts += 1;
    delivery.lastAnswer = answer;
    if (isAcknowledged) delivery.status = 'acknowledged';
    else if (pause === undefined) delivery.status = 'given-up';
    else delivery.dueAt = now().getTime() + pause * 1000;
    file.save();
  }

  function wake(): void {
    if (abort.signal.aborted) return;
    clearTimeout(timer);
    const time = now().getTime();
    const waiting = state.deliveries.filter((each) => each.status === 'waiting' && !underWay.has(each.id));
    for (const delivery of waiting.filter((each) => each.dueAt <= time)) {
      const run = deliver(delivery).finally(() => {
        underWay.delete(delivery.id);
        wake();
      });
      underWay.set(delivery.id, run);
    }
    const next = Math.min(...waiting.filter((each) => each.dueAt > time).map((each) => each.dueAt));
    if (Number.isFinite(next)) timer = setTimeout(wake, Math.min(next - time, 60_000));
  }

  const waitingFor = (transId: string): Delivery[] =>
    state.deliveries.filter((each) => each.transId === transId && each.status === 'waiting');

  return {
    enqueue(transId, rawData, { copies, delayMs, lost }) {
      for (let copy = 0; copy < copies; copy++) {
        state.deliveries.push({
          id: randomUUID(),
          transId,
          rawData,
          attempts: 0,
          dueAt: now().getTime() + delayMs,
          status: lost ? 'lost' : 'waiting',
          lastAnswer: null,
        });
      }
      state.deliveries.splice(0, Math.max(0, state.deliveries.length - KEPT_DELIVERIES));
    },
    postpone(transId, delayMs) {
      for (const delivery of waitingFor(transId)) delivery.dueAt = now().getTime() + delayMs;
    },
    lose(transId) {
      for (const delivery of waitingFor(transId)) delivery.status = 'lost';
    },
    wake,
    deliveries: (transId) => state.deliveries.filter((each) => each.transId === transId),
    async close() {
      clearTimeout(timer);
      abort.abort();
      await Promise.all(underWay.values());
    },
  };
}
