import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import type { SettingKey, SettingValue } from '#contracts/settings.ts';
import { fieldProblems, readBaht, writeBaht } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { linkTabs, pageHead, selectField } from '../../components/desk/parts.ts';
import { Drafts } from '../../components/drafts.ts';
import { PxElement } from '../../components/element.ts';
import { field, formValues, switchField } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';

type Setting = ItemOf<typeof admin.getSettings>;
type Kind = 'text' | 'number' | 'baht' | 'percent' | 'switch' | 'rates' | 'choice';

/** How each setting is entered; its rules stand in contracts/settings.ts and are checked by the server. */
const forms = {
  seller: {
    name: 'text',
    address: 'text',
    taxId: 'text',
    branch: 'text',
    email: 'text',
    phone: 'text',
    vatRegistered: 'switch',
  },
  tax: { rates: 'rates' },
  refunds: { twoPersonLimitSatang: 'baht', requestWithinDays: 'number' },
  reconciliation: { overdueHours: 'number', feeBp: 'percent', feeSatang: 'baht', writeOffLimitSatang: 'baht' },
  payouts: {
    holdDays: 'number',
    minimumSatang: 'baht',
    twoPersonLimitSatang: 'baht',
    withholdingBp: 'percent',
    withholdingThresholdSatang: 'baht',
    debitAccount: 'text',
    bankFileFormat: 'choice',
    bankFileEncoding: 'choice',
  },
  downloads: { maxPerPhoto: 'number', linkHours: 'number' },
  privacy: { consentDays: 'number', guestDays: 'number' },
  site: { supportEmail: 'text', supportLine: 'text', noticeTh: 'text', noticeEn: 'text' },
} as const satisfies { [K in SettingKey]: Record<keyof SettingValue<K>, Kind> };
type FieldName = { [K in SettingKey]: keyof (typeof forms)[K] }[SettingKey];

export const settingsTabs = (): TemplateResult =>
  linkTabs(
    [
      { href: '/admin/settings', label: d().settings.system },
      { href: '/admin/settings/packages', label: d().packages.title },
      { href: '/admin/settings/coupons', label: d().coupons.title },
      { href: '/admin/settings/emails', label: d().emails.title },
    ],
    d().settings.title,
  );

const choices = {
  bankFileFormat: ['csv', 'fixed'],
  bankFileEncoding: ['utf-8', 'tis-620'],
} as const;

interface Rate {
  from: string;
  rateBp: number;
}
/** "2026-10-01 7" a line. Throws RangeError for a line that is not so. */
function readRates(text: string): Rate[] {
  return text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const match = /^(\d{4}-\d{2}-\d{2})\s+(\d{1,2}(?:\.\d{1,2})?)\s*%?$/.exec(line);
      if (!match) throw new RangeError(line);
      return { from: match[1]!, rateBp: Math.round(Number(match[2]) * 100) };
    });
}

function toText(kind: Kind, value: unknown): string {
  if (kind === 'baht') return writeBaht(Number(value));
  if (kind === 'percent') return String(Number(value) / 100);
  if (kind === 'rates') return (value as Rate[]).map(({ from, rateBp }) => `${from} ${rateBp / 100}`).join(', ');
  return String(value ?? '');
}
function fromText(kind: Kind, text: string): unknown {
  if (kind === 'baht') return readBaht(text);
  if (kind === 'percent') return Math.round(Number(text) * 100);
  if (kind === 'number') return Number(text);
  if (kind === 'rates') return readRates(text);
  return text;
}

@customElement('px-admin-settings')
export class PxAdminSettings extends PxElement {
  @state() private problems: Partial<Record<SettingKey, Record<string, string>>> = {};
  @state() private busy: SettingKey | null = null;
  @state() private vat: boolean | null = null;
  readonly #drafts = new Drafts();
  readonly #settings = new Loader<readonly Setting[]>(
    this,
    async () => (await call<typeof admin.getSettings>('GET', '/api/admin/settings')).items,
  );

  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().settings.title })} ${settingsTabs()}
    ${this.#settings.view(
      (settings) => html`<div class="desk-form">
        ${(Object.keys(forms) as SettingKey[]).map((key) => {
          const setting = settings.find((candidate) => candidate.key === key);
          return setting ? this.#section(setting) : nothing;
        })}
      </div>`,
    )}`;
  }

  #section(setting: Setting): TemplateResult {
    const { key } = setting;
    const texts = d().settings;
    const problems = this.problems[key] ?? {};
    const fields = Object.entries(forms[key] as Record<string, Kind>) as [FieldName, Kind][];
    return html`<form class="desk-card" novalidate @input=${this.#drafts.keep} @submit=${(event: SubmitEvent) => void this.#save(event, setting)}>
      <h2>${texts.groups[key]}</h2>
      <p class="soft small">${texts.hints[key]}</p>
      <div class="desk-fields">
        ${fields.map(([name, kind]) =>
          kind === 'switch'
            ? html`<div class="span">
              ${switchField(texts.fields[name], this.vat ?? Boolean(setting.value[name]), (checked) => {
                this.vat = checked;
              })}
            </div>`
            : kind === 'choice'
              ? selectField({
                  name: `${key}-${name}`,
                  label: texts.fields[name],
                  value: String(setting.value[name]),
                  options: choices[name as keyof typeof choices].map((value) => ({
                    value,
                    label: texts.choices[value],
                  })),
                })
              : field({
                  name: `${key}-${name}`,
                  label: texts.fields[name],
                  value: this.#drafts.value(`${key}-${name}`, toText(kind, setting.value[name])),
                  inputmode: kind === 'text' || kind === 'rates' ? 'text' : 'decimal',
                  hint: kind === 'rates' ? texts.ratesHint : undefined,
                  problem: problems[name],
                }),
        )}
      </div>
      ${problems[''] ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${problems['']}</span></p>` : nothing}
      <div><button class="btn btn-line" aria-busy=${this.busy === key ? 'true' : 'false'}>${d().common.save}</button></div>
    </form>`;
  }

  async #save(event: SubmitEvent, setting: Setting): Promise<void> {
    event.preventDefault();
    const { key, version } = setting;
    const values = formValues(event.target as HTMLFormElement);
    const value: Record<string, unknown> = { ...setting.value };
    const problems: Record<string, string> = {};
    for (const [name, kind] of Object.entries(forms[key] as Record<string, Kind>)) {
      if (kind === 'switch') {
        value[name] = this.vat ?? setting.value[name];
        continue;
      }
      try {
        value[name] = fromText(kind, values[`${key}-${name}`] ?? '');
      } catch {
        problems[name] = d().common.checkField;
      }
    }
    this.problems = { ...this.problems, [key]: problems };
    if (Object.keys(problems).length > 0) return;
    this.busy = key;
    try {
      const { items } = await call<typeof admin.putSettings>('PUT', '/api/admin/settings', {
        body: { items: [{ key, value, version }] },
      });
      const changed = new Map(items.map((item) => [item.key, item]));
      this.#settings.set((this.#settings.value ?? []).map((old) => changed.get(old.key) ?? old));
      toast(d().common.saved, { kind: 'success' });
    } catch (error) {
      const found = fieldProblems(error);
      // "items.0.value.name" -> "name"
      this.problems = {
        ...this.problems,
        [key]: Object.fromEntries(Object.entries(found).map(([path, text]) => [path.split('.').at(-1) ?? '', text])),
      };
    }
    this.busy = null;
  }
}
