import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { SharedCartView } from '#contracts/http/shared-carts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { field, switchField } from '../../components/field.ts';
import { suggestionLine } from '../../components/price-line.ts';
import '../../components/px-dialog.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState, errorState, loadingPage } from '../../components/states.ts';
import { cart } from '../../context/cart.ts';
import { navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import {
  changeTogether,
  joinTogether,
  openTogether,
  refreshTogether,
  together,
  visibleItems,
} from '../../context/together.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import type { Answer } from '../../data/contract.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { onNotice } from '../../data/notices.ts';
import { ApiProblem } from '../../data/problem.ts';
import { accountUser } from '../../data/session.ts';
import { formatDateTime, formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './cart.css';

const POLL_MS = 6_000;
type Item = SharedCartView['items'][number];
type Downloads = Answer<'GET /api/cart/shared/:token/downloads'>;

/** A cart that friends fill together: who put what in, live; one of them pays. Changes without signal wait on the device. */
@customElement('px-together-page')
export class PxTogetherPage extends PxElement {
  @property() token = '';
  @state() private firstName = '';
  @state() private busy = false;
  @state() private ending = false;
  @state() private downloads: Downloads | null = null;
  readonly #askedEvents = new Set<string>();
  #stopNotices: (() => void) | null = null;
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.watch(together);
    this.watch(cart);
    this.watch(online);
  }
  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopNotices = onNotice((notice) => {
      if (notice.type === 'cart.shared' || notice.type === 'resync') void refreshTogether();
    });
    // Notices may be lost; friends should not be.
    this.#poll = setInterval(() => {
      if (document.visibilityState === 'visible' && online.value) void refreshTogether();
    }, POLL_MS);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopNotices?.();
    clearInterval(this.#poll);
  }
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('token') && this.token) void openTogether(this.token);
    const { view } = together.value;
    if (view?.canDownload && !this.downloads && online.value) void this.#loadDownloads();
    if (view && !view.canDownload) this.downloads = null;
  }

  get #name(): string {
    return together.value.view?.name || t().together.fallbackName;
  }

  protected override render(): TemplateResult {
    const texts = t().together;
    const { view, problem } = together.value;
    setTitle(this.#name);
    if (problem instanceof ApiProblem && problem.status === 404)
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'slipped',
          title: texts.gone,
          body: texts.goneBody,
          action: html`<a class="btn btn-solid" href="/cart">${t().cart.title}</a>`,
        })}
      </div>`;
    if (!view && problem)
      return html`<div class="page">${errorState(problem, () => void refreshTogether(), { isPage: true })}</div>`;
    if (!view) return loadingPage(this.#name);
    const me = view.members.find((member) => member.isMe);
    const isKnown = me !== undefined && (me.name !== '' || accountUser() !== null);
    return html`<div class="page cart-page together">
      <header class="together-head">
        <h1 class="page-title">${this.#name}</h1>
        ${this.#people(view)}
        <p class="row wrap">
          ${
            view.status === 'open'
              ? html`<button class="btn btn-line" @click=${this.#send}>${icon('share')}${texts.send}</button>`
              : nothing
          }
          ${
            view.isOwner && view.status !== 'paid'
              ? html`<button class="btn btn-quiet" @click=${() => (this.ending = true)}>${texts.end}</button>`
              : nothing
          }
        </p>
      </header>
      <div class="cart-columns">
        <div class="stack">
          ${isKnown || view.status !== 'open' ? nothing : this.#joinForm(me !== undefined)} ${this.#state(view)} ${this.#items(view)}
        </div>
        ${this.#sum(view)}
      </div>
      ${this.#endDialog()}
    </div>`;
  }

  #people(view: SharedCartView): TemplateResult {
    const texts = t().together;
    return html`<ul class="people" aria-label=${texts.members(view.members.length)}>
      ${view.members.map((member) => {
        const name = member.name || texts.friend;
        return html`<li>
          <span class="face" aria-hidden="true">${member.name ? initial(member.name) : icon('user')}</span>${name}${member.isMe ? html` <small class="soft">(${texts.you})</small>` : nothing}
          <small class="soft num">${member.photos}</small>
        </li>`;
      })}
    </ul>`;
  }

  /** The way in; for who is in already and has no name yet, the name alone. */
  #joinForm(isIn: boolean): TemplateResult {
    const texts = t().together;
    return html`<form class="card stack together-join" @submit=${this.#join}>
      ${isIn ? nothing : html`<p>${texts.joinLead}</p>`}
      ${
        accountUser()
          ? nothing
          : field({
              name: 'first-name',
              label: texts.yourName,
              value: this.firstName,
              hint: texts.yourNameHint,
              autocomplete: 'given-name',
              maxlength: 40,
              onInput: (value) => {
                this.firstName = value;
              },
            })
      }
      <button class="btn ${isIn ? 'btn-line' : 'btn-solid'}" aria-busy=${this.busy ? 'true' : 'false'}>${isIn ? texts.saveName : texts.join}</button>
    </form>`;
  }

  /** What holds now, in one note: changes that wait, somebody pays, paid. */
  #state(view: SharedCartView): TemplateResult | typeof nothing {
    const texts = t().together;
    const { pending, problem } = together.value;
    const payer = view.payer?.name || texts.friend;
    if (view.status === 'paying')
      return html`<div class="note note-warning" role="status">
        ${icon('clock')}<span><strong>${view.payer?.isMe ? texts.payingMe : texts.paying(payer)}</strong><br />${texts.payingBody}</span>
      </div>`;
    if (view.status === 'paid') return this.#paid(view, payer);
    if (problem) return html`<p class="note note-error" role="alert">${icon('warning')}${problemText(problem)}</p>`;
    if (pending.length > 0 && !online.value)
      return html`<p class="note" role="status">${icon('cloud-off')}${texts.waiting(pending.length)}</p>`;
    return nothing;
  }
  #paid(view: SharedCartView, payer: string): TemplateResult {
    const texts = t().together;
    return html`<section class="card stack" role="status">
      <p class="row">${icon('check-circle')}<strong>${view.payer?.isMe ? texts.paid : texts.paidBy(payer)}</strong></p>
      ${
        view.payer?.isMe
          ? html`${switchField(texts.shareWithGroup, view.isOrderShared, (on) => void this.#shareOrder(on))}
            <p class="small soft">${texts.shareWithGroupHint}</p>
            <a class="btn btn-gold" href=${view.orderLink ?? '/account/orders'}>${texts.toPhotos}</a>`
          : view.canDownload
            ? this.downloads?.zipUrl
              ? html`<a class="btn btn-gold" href=${this.downloads.zipUrl} download>${icon('download')}${texts.saveZip}</a>`
              : nothing
            : html`<p class="soft">${texts.notShared}</p>`
      }
    </section>`;
  }

  #items(view: SharedCartView): TemplateResult {
    const texts = t().together;
    const items = visibleItems(together.value);
    const mine = this.#toAdd(view);
    const canChange = view.status === 'open';
    const byEvent = group(items);
    return html`${
      canChange && mine.length > 0
        ? html`<button class="btn btn-solid together-add" @click=${() => this.#add(mine)}>
          ${icon('plus')}${texts.addMine(mine.length)}
        </button>`
        : nothing
    }
    ${
      items.length === 0
        ? emptyState({
            drawing: 'bag',
            title: texts.empty,
            body: texts.emptyBody,
            action: html`<a class="btn btn-line" href="/">${texts.toEvents}</a>`,
          })
        : repeat(
            byEvent,
            ([eventId]) => eventId,
            ([eventId, own]) => html`<section class="cart-event">
              <h2 class="spread section-title">
                <a href="/events/${eventId}">${this.#eventName(own[0]!)}</a><span class="soft small num">${t().cart.bar(own.length)}</span>
              </h2>
              <ul class="cart-photos">
                ${repeat(
                  own,
                  (item) => item.id,
                  (item, index) => this.#item(item, index, canChange),
                )}
              </ul>
            </section>`,
          )
    }`;
  }
  /** In the visitor's language once the event is known; the server's name until then. */
  #eventName({ eventId, eventName: name }: Item): string {
    const event = knownEvent(eventId);
    if (!event && !this.#askedEvents.has(eventId)) {
      this.#askedEvents.add(eventId);
      void loadEvent(eventId, () => this.requestUpdate()).catch(() => this.#askedEvents.delete(eventId));
    }
    return event ? eventName(event) : name;
  }
  #item(item: Item, index: number, canChange: boolean): TemplateResult {
    const texts = t().together;
    const isGone = item.status !== 'available';
    const name = item.isMine ? texts.you : item.addedBy || texts.friend;
    const link = this.downloads?.items.find((each) => each.photoId === item.photoId);
    return html`<li class=${isGone ? 'gone' : ''}>
      <img src=${item.thumbnailUrl ?? ''} alt=${t().photo.label(index + 1, '')} loading="lazy" />
      ${
        canChange
          ? html`<button class="cart-remove" aria-label="${texts.remove}: ${t().photo.label(index + 1, '')}" @click=${() => this.#remove(item)}>
            <span>${icon('close')}</span>
          </button>`
          : nothing
      }
      <p class="small">
        <span class="soft">${texts.by(name)}</span>
        ${
          isGone
            ? html`<br />${t().cart.issues[item.status as 'withdrawn' | 'sales_closed' | 'owned']}`
            : item.priceSatang !== null && canChange
              ? html`<br /><span class="num">${formatMoney(item.priceSatang)}</span>`
              : nothing
        }
      </p>
      ${link?.url ? html`<a class="btn btn-line btn-small" href=${link.url} download=${link.fileName}>${texts.save}</a>` : nothing}
    </li>`;
  }

  #sum(view: SharedCartView): TemplateResult | typeof nothing {
    const texts = t().together;
    const { quote } = view;
    if (view.status === 'paid' || view.items.length === 0) return nothing;
    if (view.status === 'paying')
      return view.orderLink
        ? html`<aside class="cart-sum card stack"><a class="btn btn-gold btn-big btn-wide" href=${view.orderLink}>${texts.toPayment}</a></aside>`
        : nothing;
    const suggestion = suggestionLine(quote);
    return html`<aside class="cart-sum card stack" aria-label=${t().cart.total}>
      <dl>
        ${
          quote.discountSatang > 0
            ? html`<div class="spread soft"><dt>${t().cart.subtotal}</dt><dd class="num">${formatMoney(quote.subtotalSatang)}</dd></div>
              <div class="spread saving"><dt>${t().cart.saving}</dt><dd class="num">−${formatMoney(quote.discountSatang)}</dd></div>`
            : nothing
        }
        <div class="spread total"><dt>${t().cart.total}</dt><dd class="num">${formatMoney(quote.totalSatang)}</dd></div>
      </dl>
      ${suggestion ? html`<p class="suggestion">${icon('sparkle')}<span>${suggestion}</span></p>` : nothing}
      <a
        class="btn btn-gold btn-big btn-wide always"
        href="/checkout?together=${this.token}"
        aria-disabled=${online.value ? 'false' : 'true'}
        >${icon('qr')}${texts.pay(quote.totalSatang)}</a
      >
      <p class="small soft">${texts.payHint}<br />${texts.until(formatDateTime(view.expiresAt))}</p>
    </aside>`;
  }

  #endDialog(): TemplateResult {
    const texts = t().together;
    return html`<px-dialog .heading=${texts.end} .open=${this.ending} @px-close=${() => (this.ending = false)}>
      <p class="soft">${texts.endBody}</p>
      <button slot="actions" class="btn btn-danger" @click=${this.#end}>${texts.end}</button>
    </px-dialog>`;
  }

  /** Photos of one's own cart that are not in here yet. */
  #toAdd(view: SharedCartView): string[] {
    const { pending } = together.value;
    const there = new Set([
      ...view.items.map((item) => item.photoId),
      ...pending.filter((each) => each.kind === 'add').flatMap((each) => each.ids),
    ]);
    return cart.value.lines.map((line) => line.photoId).filter((id) => !there.has(id));
  }
  #add(photoIds: readonly string[]): void {
    changeTogether('add', photoIds.slice(0, 500));
    toast(t().together.added(photoIds.length), { kind: 'success' });
  }
  #remove(item: Item): void {
    changeTogether('remove', [item.id]);
    const undo = { label: t().cart.undo, run: () => changeTogether('add', [item.photoId]) };
    toast(t().together.removed, { action: undo });
  }
  readonly #join = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    this.busy = true;
    try {
      await joinTogether(this.firstName.trim());
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };
  readonly #send = async (): Promise<void> => {
    const { view } = together.value;
    const url = new URL(view?.link ?? location.href, location.origin).href;
    const text = t().together.shareText(this.#name);
    try {
      if (typeof navigator.share === 'function' && matchMedia('(pointer: coarse)').matches)
        await navigator.share({ title: this.#name, text, url });
      else {
        await navigator.clipboard.writeText(url);
        toast(t().together.linkCopied, { kind: 'success' });
      }
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) toast(url);
    }
  };
  readonly #end = async (): Promise<void> => {
    this.ending = false;
    try {
      await api('POST /api/cart/shared/:token/revoke', { params: { token: this.token } });
      toast(t().together.ended);
      navigate('/cart', { replace: true });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  };
  async #shareOrder(isShared: boolean): Promise<void> {
    try {
      await api('PUT /api/cart/shared/:token/order', { params: { token: this.token }, body: { isShared } });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
    await refreshTogether();
  }
  async #loadDownloads(): Promise<void> {
    try {
      this.downloads = await api('GET /api/cart/shared/:token/downloads', { params: { token: this.token } });
    } catch {
      // asked again with the next look
    }
  }
}

/** The first letter that is drawn above the line: Thai writes some vowels before it. */
const initial = (name: string): string => [...name.replace(/^[เแโใไ]/, '')][0]?.toUpperCase() ?? '';

function group(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(item.eventId, [...(groups.get(item.eventId) ?? []), item]);
  return groups;
}
