import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { cartUnsent } from '../context/cart.ts';
import { orderPath } from '../context/ordering.ts';
import { together } from '../context/together.ts';
import { online } from '../data/connectivity.ts';
import type { Order } from '../data/orders.ts';
import {
  cancelEffect,
  dismissOutcome,
  type Effect,
  keptOnDevice,
  type Outcome,
  outcomes,
  retryNow,
  sending,
  tryAgain,
  waiting,
} from '../data/outbox.ts';
import { ApiProblem } from '../data/problem.ts';
import { accountUser, session } from '../data/session.ts';
import { storageState } from '../data/storage.ts';
import { formatDateTime, formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';
import { PxElement } from './element.ts';
import './px-dialog.ts';
import { icon } from './px-icon.ts';

/**
 * The quiet line that says: no signal, what is kept, what waits. Opens the list: each thing in words, since when, to take back or
 * to try now; what was refused, with the reason and a way forward.
 */
@customElement('px-waiting')
export class PxWaiting extends PxElement {
  static override readonly later = true;
  @state() private open = false;
  @state() private wasOpened = false;
  /** Photos that this photographer's device has yet to upload. */
  @state() private uploads = 0;

  constructor() {
    super();
    for (const store of [online, waiting, outcomes, sending, cartUnsent, together, session, keptOnDevice, storageState])
      this.watch<unknown>(store as never);
  }

  protected override render(): TemplateResult | typeof nothing {
    const texts = t().offline;
    // With signal the cart travels by itself within a second: not worth a word.
    const carts = online.value ? [] : this.#carts();
    const count = waiting.value.length + carts.length;
    const news = outcomes.value.length;
    const hidden = online.value && count + news === 0;
    const badge = count + news;
    return html`<div role="status" aria-live="polite">
        ${
          hidden
            ? nothing
            : html`<button class="waiting" @click=${this.#show}>
              ${icon(news > 0 ? 'info' : online.value ? 'cloud' : 'cloud-off')}
              <span>${news > 0 ? texts.toRead(news) : online.value ? texts.waiting(count) : texts.title}</span>
              ${badge > 0 && !online.value ? html`<span class="badge num">${badge}</span>` : nothing}
            </button>`
        }
      </div>
      ${this.wasOpened ? this.#list(carts, news) : nothing}`;
  }

  /** What is kept on this device and what waits, each with what can be done. */
  #list(carts: readonly ('cart' | 'together')[], news: number): TemplateResult {
    const texts = t().offline;
    const count = waiting.value.length + carts.length;
    return html`<px-dialog .heading=${texts.listTitle} .open=${this.open} @px-close=${() => (this.open = false)}>
        <div class="stack">
          ${
            news > 0
              ? html`<ul class="list">
                ${outcomes.value.map((outcome) => this.#outcome(outcome))}
              </ul>`
              : nothing
          }
          ${keptOnDevice.value ? html`<p class="soft">${count > 0 ? texts.listBody : texts.body}</p>` : nothing}
          ${keptOnDevice.value ? nothing : html`<p class="note note-warning">${icon('warning')}${texts.onlyMemory}</p>`}
          ${storageState.value === 'full' ? html`<p class="note">${icon('info')}${texts.full}</p>` : nothing}
          ${storageState.value === 'memory' && keptOnDevice.value ? html`<p class="note">${icon('info')}${texts.keepsNothing}</p>` : nothing}
          ${
            count + this.uploads === 0
              ? html`<p class="small">${texts.nothingWaiting}</p>`
              : html`<ul class="list">
                ${waiting.value.map((effect) => this.#row(effect))}
                ${carts.map((kind) => html`<li class="spread waiting-row"><span>${texts.kinds[kind]}</span></li>`)}
                ${
                  this.uploads > 0
                    ? html`<li class="spread waiting-row">
                      <a href="/studio">${texts.kinds.uploads(this.uploads)}</a>
                    </li>`
                    : nothing
                }
              </ul>`
          }
        </div>
        <button slot="actions" class="btn btn-line" @click=${retryNow}>${icon('refresh')}${texts.tryNow}</button>
      </px-dialog>`;
  }

  #carts(): ('cart' | 'together')[] {
    return [
      ...(cartUnsent.value ? (['cart'] as const) : []),
      ...(together.value.pending.length > 0 ? (['together'] as const) : []),
    ];
  }

  readonly #show = (): void => {
    this.open = true;
    this.wasOpened = true;
    const user = accountUser();
    if (user?.role !== 'photographer') return;
    void import('../data/uploads/store.ts')
      .then(({ countUnfinished }) => countUnfinished(user.id))
      .then((count) => {
        this.uploads = count;
      })
      .catch(() => undefined);
  };

  #row(effect: Effect): TemplateResult {
    const texts = t().offline;
    const isSending = sending.value?.id === effect.id;
    return html`<li class="spread waiting-row">
      <span
        >${texts.kinds[effect.kind]}<br /><small class="soft num">${isSending ? texts.sending : this.#state(effect)}</small></span
      >
      <button class="link small" ?disabled=${isSending} @click=${() => cancelEffect(effect.id)}>
        ${texts.cancelOne}<span class="sr-only">: ${texts.kinds[effect.kind]}</span>
      </button>
    </li>`;
  }

  #state({ createdAt, owner, failures }: Effect): string {
    const texts = t().offline;
    if (owner && !owner.isGuest && owner.id !== session.value.user?.id) return texts.needsSignIn;
    if (failures) return texts.hiccups(failures);
    const isToday = new Date(createdAt).toDateString() === new Date().toDateString();
    return texts.since(isToday ? formatTime(createdAt) : formatDateTime(createdAt));
  }

  #outcome(outcome: Outcome): TemplateResult {
    const texts = t().offline;
    const { effect, result } = outcome;
    const done = (): void => {
      this.open = false;
      void dismissOutcome(outcome.id);
    };
    if (result.ok) {
      const order = result.body as Order;
      return html`<li class="waiting-row stack-s">
        <span>${texts.orderPlaced(order.number)}</span>
        <a class="btn btn-gold" href=${orderPath(order)} @click=${done}>${icon('qr')}${texts.ways.pay}</a>
      </li>`;
    }
    const problem = new ApiProblem(result.problem);
    const isGivenUp = problem.status >= 500 || problem.code === 'response.unreadable';
    const way = isGivenUp ? null : wayForward(effect, problem);
    return html`<li class="waiting-row stack-s">
      <span><strong>${texts.refused[effect.kind]}</strong> ${problemText(problem)}</span>
      <span class="row wrap">
        ${isGivenUp ? html`<button class="btn btn-solid" @click=${() => tryAgain(outcome)}>${texts.tryAgain}</button>` : nothing}
        ${way ? html`<a class="btn btn-solid" href=${way.href} @click=${done}>${way.label}</a>` : nothing}
        <button class="btn btn-quiet" @click=${() => dismissOutcome(outcome.id)}>${texts.seen}</button>
      </span>
    </li>`;
  }
}

/** Where a refused thing can be done anew. */
function wayForward({ kind, about }: Effect, problem: ApiProblem): { href: string; label: string } | null {
  const { ways } = t().offline;
  switch (kind) {
    case 'search':
      return about?.slug ? { href: `/e/${about.slug}/find`, label: ways.search } : null;
    case 'order':
      return about?.sharedCart
        ? { href: `/together/${about.sharedCart}`, label: ways.order }
        : problem.code === 'order.price_changed'
          ? { href: '/checkout', label: ways.orderPrice }
          : { href: '/cart', label: ways.order };
    case 'hide':
      return about?.slug ? { href: `/e/${about.slug}/hide`, label: ways.hide } : null;
    case 'profile':
      return { href: '/account/profile', label: ways.profile };
    case 'withdraw':
      return { href: '/account/privacy', label: ways.withdraw };
    default:
      return null;
  }
}
