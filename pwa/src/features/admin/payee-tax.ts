import type * as revenue from '#contracts/http/revenue.ts';
import { ask } from '../../components/desk/ask.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';

type Kind = 'photographer' | 'organizer';
const incomeTypes = ['service', 'fee', 'copyright'] as const;

/** Asks for what the withholding tax of a payee goes by. */
export async function editTax(kind: Kind, id: string): Promise<void> {
  const texts = d().payouts;
  const path = '/api/revenue/payees/:kind/:id/tax';
  let tax: Answer<typeof revenue.getPayeeTax>;
  try {
    tax = await call<typeof revenue.getPayeeTax>('GET', path, { params: { kind, id } });
  } catch (error) {
    toast(problemText(error), { kind: 'error' });
    return;
  }
  const choice = (words: { yes: string; no: string }) =>
    (['yes', 'no'] as const).map((value) => ({ value, label: words[value] }));
  const isDone = await ask({
    title: `${texts.tax}: ${tax.displayName}`,
    body: texts.taxBody,
    fields: [
      { name: 'legalName', label: texts.legalName, value: tax.legalName ?? '', maxlength: 200 },
      { name: 'taxId', label: d().profile.taxId, value: tax.taxId ?? '', maxlength: 13, inputmode: 'numeric' },
      { name: 'address', label: texts.address, kind: 'area', value: tax.address ?? '', maxlength: 500 },
      {
        name: 'juristic',
        label: texts.juristic,
        kind: 'select',
        value: tax.isJuristic ? 'yes' : 'no',
        options: choice(texts.juristics),
      },
      {
        name: 'withholds',
        label: texts.withholds,
        kind: 'select',
        value: tax.withholdingApplies ? 'yes' : 'no',
        options: choice(texts.withholdsWords),
      },
      {
        name: 'income',
        label: texts.income,
        kind: 'select',
        value: tax.withholdingIncome,
        options: incomeTypes.map((value) => ({ value, label: texts.incomes[value] })),
      },
    ],
    action: d().common.save,
    run: (values) =>
      call<typeof revenue.putPayeeTax>('PUT', path, {
        params: { kind, id },
        body: {
          legalName: values.legalName || null,
          taxId: values.taxId || null,
          address: values.address || null,
          isJuristic: values.juristic === 'yes',
          withholdingApplies: values.withholds === 'yes',
          withholdingIncome: (values.income ?? 'service') as (typeof incomeTypes)[number],
        },
      }),
  });
  if (isDone) toast(d().common.saved, { kind: 'success' });
}
