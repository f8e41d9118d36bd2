import { html, type TemplateResult } from 'lit';
import { isTaxId } from '#contracts/tax-id.ts';
import { field } from '../../components/field.ts';
import { t } from '../../i18n/i18n.ts';

/** In whose name the receipt or tax invoice is made out; remembered on this device for the next order. */
export interface BuyerDetails {
  name: string;
  address: string;
  taxId: string;
  branch: string;
}
const KEY = 'px.buyer';
const none: BuyerDetails = { name: '', address: '', taxId: '', branch: '' };

export function rememberedBuyer(): BuyerDetails {
  try {
    return { ...none, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<BuyerDetails>) };
  } catch {
    return none;
  }
}
export function rememberBuyer(buyer: BuyerDetails): void {
  try {
    if (isEmpty(buyer)) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(buyer));
  } catch {
    // typed again next time
  }
}
const isEmpty = (buyer: BuyerDetails): boolean => Object.values(buyer).every((value) => value.trim() === '');
const digits = (text: string): string => text.replace(/[\s-]/g, '');

/** The fields' problems by name; none when the document can be made out like this, or is not wanted. */
export function buyerProblems(buyer: BuyerDetails): Partial<Record<keyof BuyerDetails, string>> {
  if (isEmpty(buyer)) return {};
  return {
    ...(buyer.name.trim() === '' && { name: t().errors.fieldRequired }),
    ...(buyer.taxId.trim() !== '' && !isTaxId(digits(buyer.taxId)) && { taxId: t().checkout.taxIdWrong }),
  };
}

/** As the API takes it; undefined when nothing was given. */
export function toBuyer(buyer: BuyerDetails): Partial<BuyerDetails> | undefined {
  if (isEmpty(buyer)) return undefined;
  const full = { ...buyer, taxId: digits(buyer.taxId) };
  return Object.fromEntries(Object.entries(full).filter(([, value]) => value.trim() !== ''));
}

export function buyerFields(
  buyer: BuyerDetails,
  problems: Partial<Record<keyof BuyerDetails, string>>,
  onChange: (buyer: BuyerDetails) => void,
): TemplateResult {
  const texts = t().checkout;
  const one = (name: keyof BuyerDetails, label: string, more: Partial<Parameters<typeof field>[0]> = {}) =>
    field({
      name: `buyer-${name}`,
      label,
      value: buyer[name],
      problem: problems[name] ?? null,
      onInput: (value) => onChange({ ...buyer, [name]: value }),
      ...more,
    });
  return html`<details class="buyer" ?open=${!isEmpty(buyer)}>
    <summary>${texts.document}</summary>
    <div class="stack">
      <p class="soft small">${texts.documentHint}</p>
      ${one('name', texts.buyerName, { autocomplete: 'organization', maxlength: 200 })}
      ${one('address', texts.buyerAddress, { autocomplete: 'street-address', maxlength: 500 })}
      ${one('taxId', texts.buyerTaxId, { inputmode: 'numeric', maxlength: 20, autocomplete: 'off' })}
      ${one('branch', texts.buyerBranch, { hint: texts.buyerBranchHint, maxlength: 50, autocomplete: 'off' })}
    </div>
  </details>`;
}
