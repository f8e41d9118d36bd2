import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { bringCartToServer, cart } from '../../context/cart.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import type { Answer } from '../../data/contract.ts';
import { ensureSession, session } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './cart.css';

type Summary = Answer<'GET /api/cart/shared'>['items'][number];

/** On the cart page: the way into a cart that friends fill together, and back into those that are open. */
@customElement('px-together-start')
export class PxTogetherStart extends PxElement {
  @state() private carts: readonly Summary[] = [];
  @state() private busy = false;

  constructor() {
    super();
    this.watch(online);
  }
  override connectedCallback(): void {
    super.connectedCallback();
    if (session.value.user)
      void api('GET /api/cart/shared')
        .then(({ items }) => {
          this.carts = items;
        })
        .catch(() => undefined);
  }

  protected override render(): TemplateResult {
    const texts = t().together;
    return html`<section class="together-start">
      ${icon('users')}
      <p><strong>${texts.start}</strong><br /><span class="small soft">${texts.startHint}</span></p>
      <button class="btn btn-line" aria-busy=${this.busy ? 'true' : 'false'} ?disabled=${!online.value || this.busy} @click=${this.#start}>
        ${icon('share')}${texts.send}
      </button>
      ${
        this.carts.length > 0
          ? html`<ul class="together-list">
            ${this.carts.slice(0, 3).map(
              (each) => html`<li class="spread">
                <span>${each.name || texts.fallbackName} <small class="soft num">${t().cart.bar(each.photoCount)} · ${texts.members(each.memberCount)}</small></span
                ><a class="btn btn-quiet" href=${each.link}>${texts.open}</a>
              </li>`,
            )}
          </ul>`
          : nothing
      }
    </section>`;
  }

  readonly #start = async (): Promise<void> => {
    if (this.busy) return;
    this.busy = true;
    try {
      await ensureSession();
      await bringCartToServer().catch(() => undefined);
      const photoIds = cart.value.lines.map((line) => line.photoId).slice(0, 500);
      const body = photoIds.length > 0 ? { photoIds } : {};
      const made = await api('POST /api/cart/shared', { body, idempotencyKey: crypto.randomUUID() });
      navigate(made.link);
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };
}
