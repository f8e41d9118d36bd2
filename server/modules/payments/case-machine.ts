import type { Machine } from '#server/platform/machine.ts';

export type CaseKind = 'gateway_unmatched' | 'bank_unmatched' | 'bank_differs' | 'bank_missing';
export type CaseStatus = 'open' | 'parked' | 'returning' | 'resolved';
/** What a person can do with it. park leaves the money in suspense, for later. */
export type CaseAction = 'attach' | 'return' | 'income' | 'write_off' | 'confirm' | 'park';
/** How it ended; arrived and same_money end by themselves. */
export type CaseOutcome = Exclude<CaseAction, 'park'> | 'arrived' | 'same_money';

/** Money that a person decides about, on one screen. returning: owed to the payer, the transfer is still to be made. */
export const caseMachine: Machine<CaseStatus> = {
  table: 'money_cases',
  start: 'open',
  next: {
    open: ['parked', 'returning', 'resolved'],
    parked: ['returning', 'resolved'],
    returning: ['resolved'],
    resolved: [],
  },
};

const byKind: Record<CaseKind, readonly CaseAction[]> = {
  gateway_unmatched: ['attach', 'return', 'income', 'park'],
  bank_unmatched: ['attach', 'return', 'income', 'park'],
  bank_differs: ['write_off', 'park'],
  bank_missing: ['confirm', 'write_off', 'park'],
};
export function actionsFor(kind: CaseKind, status: CaseStatus): CaseAction[] {
  if (status !== 'open' && status !== 'parked') return [];
  return byKind[kind].filter((action) => !(status === 'parked' && action === 'park'));
}

/** True when one person may not do it alone: money leaves, or is given up. */
export function needsTwo(
  action: CaseAction,
  amountSatang: number,
  limits: { twoPersonLimitSatang: number; writeOffLimitSatang: number },
): boolean {
  if (action === 'return') return amountSatang > limits.twoPersonLimitSatang;
  return action === 'write_off' && amountSatang > limits.writeOffLimitSatang;
}
