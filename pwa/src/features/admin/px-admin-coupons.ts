import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as coupons from '#contracts/http/coupons.ts';
import type * as events from '#contracts/http/events.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, dataTable, money, type Option, pageHead, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName, namedEvent } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime, formatMoney, formatNumber } from '../../i18n/format.ts';
import { couponFields, readCoupon } from './coupon-fields.ts';
import { settingsTabs } from './px-admin-settings.ts';

type Coupon = ItemOf<typeof coupons.listCoupons>;
/** The event it is for; empty: every event. */
const nameOf = ({ eventName, eventNameEn }: Coupon): string =>
  eventName ? namedEvent({ eventName, eventNameEn }) : '';

/** Coupon codes: made one by one or in batches, switched off, with what they took off. A batch is one row. */
@customElement('px-admin-coupons')
export class PxAdminCoupons extends PxElement {
  @state() private cursor: string | null = null;
  readonly #coupons = new Loader<readonly Coupon[]>(this, async () => {
    const page = await call<typeof coupons.listCoupons>('GET', '/api/admin/coupons', { query: { limit: 100 } });
    this.cursor = page.nextCursor;
    return page.items;
  });

  protected override render(): TemplateResult {
    const texts = d().coupons;
    return html`${pageHead({
      title: d().settings.title,
      actions: html`<button class="btn btn-line" @click=${() => void this.#addBatch()}>${icon('plus')}${texts.addBatch}</button>
        <button class="btn btn-gold" @click=${() => void this.#add()}>${icon('plus')}${texts.add}</button>`,
    })}
    ${settingsTabs()}
    <p class="soft">${texts.lead}</p>
    ${this.#coupons.view((items) =>
      items.length === 0
        ? html`<p class="soft">${texts.none}</p>`
        : dataTable({
            caption: texts.title,
            rows: items,
            key: (item) => item.id,
            open: (item) => void this.#edit(item),
            columns: [
              { label: texts.code, cell: (item) => this.#name(item) },
              { label: texts.takes, cell: (item) => this.#takes(item) },
              { label: texts.rules, cell: (item) => this.#rules(item) },
              { label: texts.used, end: true, cell: (item) => this.#used(item) },
              { label: texts.gave, end: true, cell: (item) => money(item.discountSatang) },
              {
                label: d().common.status,
                end: true,
                cell: (item) => (item.isActive ? stateBadge(d().common.on, 'success') : stateBadge(d().common.off)),
              },
              { label: '', end: true, cell: (item) => this.#actions(item) },
            ],
          }),
    )}
    ${this.cursor ? html`<p class="small soft">${texts.more}</p>` : nothing}`;
  }

  /** The newest events to choose from, and the one that a coupon is for already. */
  async #events(item: Coupon | null): Promise<Option[]> {
    const { items } = await call<typeof events.listEvents>('GET', '/api/events', { query: { limit: 100 } });
    const options = items.map((event) => ({ value: event.id, label: eventName(event) }));
    const own = item?.eventId && !options.some((each) => each.value === item.eventId);
    return own ? [{ value: item.eventId!, label: nameOf(item) }, ...options] : options;
  }
  #name(item: Coupon): TemplateResult {
    const name = item.batchId ? d().coupons.batch(item.batchSize ?? 1) : item.code;
    return html`<b class="num">${name}</b>${item.label ? html`<br /><small class="soft">${item.label}</small>` : nothing}`;
  }
  #takes(item: Coupon): string {
    if (item.kind === 'amount') return formatMoney(item.amountSatang ?? 0);
    const percent = `${formatNumber((item.percentBp ?? 0) / 100)} %`;
    return item.maxDiscountSatang ? `${percent}, ${d().coupons.atMost(formatMoney(item.maxDiscountSatang))}` : percent;
  }
  #rules(item: Coupon): TemplateResult {
    const texts = d().coupons;
    const rules = [
      nameOf(item),
      item.minSpendSatang > 0 ? texts.from(formatMoney(item.minSpendSatang)) : '',
      item.startsAt ? texts.starts(formatDateTime(item.startsAt)) : '',
      item.endsAt ? texts.ends(formatDateTime(item.endsAt)) : '',
      item.maxPerPerson ? texts.perPerson(item.maxPerPerson) : '',
      item.firstOrderOnly ? texts.firstOrder : '',
    ].filter(Boolean);
    return html`<span class="soft">${rules.length > 0 ? rules.join(' · ') : texts.noRules}</span>`;
  }
  #used(item: Coupon): string {
    const most = item.maxRedemptions ? item.maxRedemptions * (item.batchSize ?? 1) : null;
    const used = most ? `${formatNumber(item.usedCount)} / ${formatNumber(most)}` : formatNumber(item.usedCount);
    return item.heldCount > 0 ? `${used} (+${formatNumber(item.heldCount)})` : used;
  }
  #actions(item: Coupon): TemplateResult {
    const texts = d().coupons;
    return html`<span class="desk-actions end-actions">
      ${
        item.batchId
          ? html`<a class="btn btn-icon" aria-label=${texts.download} href="/api/admin/coupons/batches/${item.batchId}/codes" download
            >${icon('download')}</a
          >`
          : nothing
      }
      <button class="btn btn-line" @click=${() => void this.#toggle(item)}>
        ${item.isActive ? d().packages.switchOff : d().packages.switchOn}
      </button>
      ${
        item.batchId
          ? nothing
          : html`<button class="btn btn-icon" aria-label=${texts.remove(item.code)} @click=${() => void this.#remove(item)}>
            ${icon('trash')}
          </button>`
      }</span
    >`;
  }

  async #add(): Promise<void> {
    await ask({
      title: d().coupons.add,
      fields: couponFields({ with: 'code', events: await this.#events(null) }),
      action: d().coupons.add,
      run: async (values) => {
        const body = { ...readCoupon(values), code: values.code ?? '' };
        await call<typeof coupons.createCoupon>('POST', '/api/admin/coupons', {
          body,
          idempotencyKey: crypto.randomUUID(),
        });
        await this.#coupons.reload();
      },
    });
  }
  async #addBatch(): Promise<void> {
    await ask({
      title: d().coupons.addBatch,
      body: d().coupons.batchLead,
      fields: couponFields({ with: 'batch', events: await this.#events(null) }),
      action: d().coupons.addBatch,
      run: async (values) => {
        const body = { ...readCoupon(values), count: Number(values.count) || 0, prefix: values.prefix || undefined };
        const made = await call<typeof coupons.createCouponBatch>('POST', '/api/admin/coupons/batch', {
          body,
          idempotencyKey: crypto.randomUUID(),
          timeoutMs: 60_000,
        });
        await this.#coupons.reload();
        toast(d().coupons.batch(made.codes.length), { kind: 'success' });
      },
    });
  }
  async #update(item: Coupon, body: NonNullable<Parameters<typeof this.send>[1]>): Promise<void> {
    await this.send(item.id, { ...body, wholeBatch: item.batchId !== null });
    await this.#coupons.reload();
  }
  private send(
    id: string,
    body: Partial<ReturnType<typeof readCoupon>> & { isActive?: boolean; wholeBatch?: boolean },
  ) {
    return call<typeof coupons.updateCoupon>('PUT', '/api/admin/coupons/:id', { params: { id }, body });
  }
  async #edit(item: Coupon): Promise<void> {
    await ask({
      title: item.batchId ? d().coupons.batch(item.batchSize ?? 1) : item.code,
      fields: couponFields({ with: 'nothing', item, events: await this.#events(item) }),
      action: d().common.save,
      run: (values) => this.#update(item, readCoupon(values)),
    });
  }
  #toggle(item: Coupon): Promise<boolean> {
    return act(() => this.#update(item, { isActive: !item.isActive }), d().common.saved);
  }
  async #remove(item: Coupon): Promise<void> {
    await ask({
      title: d().coupons.remove(item.code),
      action: d().common.remove,
      danger: true,
      run: async () => {
        await call<typeof coupons.deleteCoupon>('DELETE', '/api/admin/coupons/:id', { params: { id: item.id } });
        await this.#coupons.reload();
      },
    });
  }
}
