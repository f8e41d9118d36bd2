import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import { fieldProblems, readBaht } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { dataTable, pageHead, percent, selectField } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { field, formValues } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { vars } from '../../components/vars.ts';
import { toast } from '../../context/toasts.ts';
import { call, type ItemOf } from '../../data/call.ts';
import type { EventView } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatMoney } from '../../i18n/format.ts';
import { loadAllEvents } from './px-admin-photos.ts';
import { revenueTabs } from './px-admin-revenue.ts';

type Rule = ItemOf<typeof revenue.listSplitRules>;
type Payee = ItemOf<typeof revenue.photographerRevenue>;
const scopes = ['default', 'revenue_type', 'event', 'event_photographer'] as const;
const types = ['standard', 'premium', 'platform', 'charity', 'corporate'] as const;
const WHOLE_BP = 10_000;
/** The price that the preview splits until another one is typed. */
const EXAMPLE = '60';

interface Names {
  events: readonly EventView[];
  photographers: readonly Payee[];
}

/** "60" or "59.50" baht; 0 while it is being typed. */
function satangOf(text: string): number {
  try {
    return Math.max(0, readBaht(text));
  } catch {
    return 0;
  }
}

/** "30" or "33.33" percent -> basis points; NaN when it is no such number. */
export const toBasisPoints = (text: string): number =>
  /^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Math.round(Number(text) * 100) : Number.NaN;

/** Who gets how much of a sale. A rule is never changed, a newer version takes its place from now on. */
@customElement('px-admin-rules')
export class PxAdminRules extends PxElement {
  @state() private scope: Rule['scope'] = 'default';
  @state() private type: NonNullable<Rule['revenueType']> = 'standard';
  @state() private shares = { platform: '30', photographer: '50', organizer: '20' };
  @state() private price = EXAMPLE;
  @state() private problem = '';
  @state() private busy = false;
  readonly #rules = new Loader<readonly Rule[]>(
    this,
    async () => (await call<typeof revenue.listSplitRules>('GET', '/api/revenue/split-rules')).items,
  );
  readonly #names = new Loader<Names>(this, async () => {
    const [events, photographers] = await Promise.all([
      loadAllEvents(),
      call<typeof revenue.photographerRevenue>('GET', '/api/revenue/photographers', { query: { limit: 100 } }),
    ]);
    return { events, photographers: photographers.items };
  });

  protected override render(): TemplateResult {
    const texts = d().rules;
    return html`${pageHead({ title: d().revenue.title })} ${revenueTabs()}
      <p class="soft">${texts.lead}</p>
      <div class="desk-two">
        <section class="desk-section">
          <h2>${texts.inForce}</h2>
          ${this.#rules.view((rules) =>
            dataTable({
              caption: texts.inForce,
              rows: [...rules].sort((a, b) => scopes.indexOf(a.scope) - scopes.indexOf(b.scope)),
              key: (rule) => rule.id,
              open: (rule) => this.#fill(rule),
              columns: [
                { label: texts.forWhat, cell: (rule) => this.#target(rule) },
                { label: d().revenue.platform, end: true, cell: (rule) => percent(rule.platformBp) },
                { label: d().numbers.photographer, end: true, cell: (rule) => percent(rule.photographerBp) },
                { label: d().staff.roles.organizer, end: true, cell: (rule) => percent(rule.organizerBp) },
                { label: texts.since, end: true, wide: true, cell: (rule) => formatDateShort(rule.effectiveFrom) },
              ],
            }),
          )}
        </section>
        <section class="desk-card">${this.#editor()}</section>
      </div>`;
  }

  #target(rule: Rule): string {
    const texts = d().rules;
    if (rule.scope === 'default') return texts.scopes.default;
    if (rule.scope === 'revenue_type') return d().events.revenueTypes[rule.revenueType ?? 'standard'];
    const event = this.#names.value?.events.find(({ id }) => id === rule.eventId);
    const name = event ? eventName(event) : (rule.eventId?.slice(0, 8) ?? '');
    if (rule.scope === 'event') return name;
    const person = this.#names.value?.photographers.find((one) => one.photographerId === rule.photographerId);
    return `${name} · ${person?.displayName ?? rule.photographerId?.slice(0, 8) ?? ''}`;
  }

  #fill(rule: Rule): void {
    this.scope = rule.scope;
    if (rule.revenueType) this.type = rule.revenueType;
    const text = (bp: number): string => String(bp / 100);
    this.shares = {
      platform: text(rule.platformBp),
      photographer: text(rule.photographerBp),
      organizer: text(rule.organizerBp),
    };
    this.querySelector<HTMLElement>('#share-platform')?.focus();
  }

  #editor(): TemplateResult {
    const texts = d().rules;
    const names = this.#names.value;
    const values = [this.shares.platform, this.shares.photographer, this.shares.organizer].map(toBasisPoints);
    const sum = values.reduce((a, b) => a + b, 0);
    const fits = sum === WHOLE_BP;
    const share = (name: keyof typeof this.shares, label: string): TemplateResult =>
      field({
        name: `share-${name}`,
        label: `${label} %`,
        inputmode: 'decimal',
        value: this.shares[name],
        onInput: (value) => {
          this.shares = { ...this.shares, [name]: value };
        },
      });
    return html`<h2>${texts.editor}</h2>
      <form class="stack" novalidate @submit=${this.#save}>
        ${selectField({
          name: 'rule-scope',
          label: texts.forWhat,
          value: this.scope,
          options: scopes.map((value) => ({ value, label: texts.scopes[value] })),
          onChange: (value) => {
            this.scope = value as Rule['scope'];
          },
        })}
        ${
          this.scope === 'revenue_type'
            ? selectField({
                name: 'rule-type',
                label: d().events.revenueType,
                value: this.type,
                options: types.map((value) => ({ value, label: d().events.revenueTypes[value] })),
                onChange: (value) => {
                  this.type = value as typeof this.type;
                },
              })
            : nothing
        }
        ${
          this.scope === 'event' || this.scope === 'event_photographer'
            ? selectField({
                name: 'rule-event',
                label: d().common.event,
                value: '',
                options: (names?.events ?? []).map((event) => ({ value: event.id, label: eventName(event) })),
              })
            : nothing
        }
        ${
          this.scope === 'event_photographer'
            ? selectField({
                name: 'rule-photographer',
                label: d().numbers.photographer,
                value: '',
                options: (names?.photographers ?? []).map((one) => ({
                  value: one.photographerId,
                  label: one.displayName,
                })),
              })
            : nothing
        }
        <div class="share-fields">
          ${share('platform', d().revenue.platform)} ${share('photographer', d().numbers.photographer)}
          ${share('organizer', d().staff.roles.organizer)}
        </div>
        ${
          fits
            ? this.#preview(values)
            : html`<p class="note note-warning" role="status">
              ${icon('warning')}<span>${Number.isNaN(sum) ? texts.notNumbers : texts.sumIs(percent(sum))}</span>
            </p>`
        }
        ${this.problem ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problem}</span></p>` : nothing}
        <button class="btn btn-solid" ?disabled=${!fits || this.busy} aria-busy=${this.busy ? 'true' : 'false'}>${texts.save}</button>
        <p class="small soft">${texts.fromNow}</p>
      </form>`;
  }

  /** What a sale becomes, rounded as the server rounds: the satang that do not divide stay with the platform. */
  #preview(shares: readonly number[]): TemplateResult {
    const texts = d().rules;
    const amount = satangOf(this.price);
    const [, photographer = 0, organizer = 0] = shares.map((bp) => Math.floor((amount * bp) / WHOLE_BP));
    const parts = [amount - photographer - organizer, photographer, organizer];
    const labels = [d().revenue.platform, d().numbers.photographer, d().staff.roles.organizer];
    return html`<div class="stack">
      ${field({
        name: 'example-price',
        label: texts.example,
        inputmode: 'decimal',
        value: this.price,
        onInput: (value) => {
          this.price = value;
        },
      })}
      <div role="status" class="stack">
        <p class="small soft">${texts.preview(formatMoney(amount))}</p>
        <div class="share-bar">${shares.map((value) => html`<span ${vars({ '--share': String(value) })}></span>`)}</div>
        <dl class="desk-facts money-facts">
          ${parts.map((part, index) => html`<dt>${labels[index]}</dt><dd class="num">${formatMoney(part)}</dd>`)}
        </dl>
        <p class="small soft">${texts.previewHint}</p>
      </div>
    </div>`;
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const values = formValues(event.target as HTMLFormElement);
    const withEvent = this.scope === 'event' || this.scope === 'event_photographer';
    this.busy = true;
    this.problem = '';
    try {
      await call<typeof revenue.setSplitRule>('POST', '/api/revenue/split-rules', {
        idempotencyKey: crypto.randomUUID(),
        body: {
          scope: this.scope,
          revenueType: this.scope === 'revenue_type' ? this.type : null,
          eventId: withEvent ? values['rule-event'] : null,
          photographerId: this.scope === 'event_photographer' ? values['rule-photographer'] : null,
          platformBp: toBasisPoints(this.shares.platform),
          photographerBp: toBasisPoints(this.shares.photographer),
          organizerBp: toBasisPoints(this.shares.organizer),
        },
      });
      toast(d().rules.saved, { kind: 'success' });
      await this.#rules.reload();
    } catch (error) {
      this.problem = Object.values(fieldProblems(error)).join(' ');
    }
    this.busy = false;
  };
}
