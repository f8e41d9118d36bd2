import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { online, probeNow } from '../data/connectivity.ts';
import { cancelEffect, type Effect, waiting } from '../data/outbox.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import './px-dialog.ts';
import { icon } from './px-icon.ts';

/** The quiet line that says: no signal, what is kept, what waits. Opens the list, where each can be taken back. */
@customElement('px-waiting')
export class PxWaiting extends PxElement {
  @state() private open = false;

  constructor() {
    super();
    this.watch(online);
    this.watch(waiting);
  }

  protected override render(): TemplateResult | typeof nothing {
    const texts = t().offline;
    const count = waiting.value.length;
    const hidden = online.value && count === 0;
    return html`<div role="status" aria-live="polite">
        ${
          hidden
            ? nothing
            : html`<button class="waiting" @click=${() => (this.open = true)}>
              ${icon(online.value ? 'cloud' : 'cloud-off')}
              <span>${online.value ? texts.waiting(count) : texts.title}</span>
              ${count > 0 && !online.value ? html`<span class="badge num">${count}</span>` : nothing}
            </button>`
        }
      </div>
      <px-dialog .heading=${texts.listTitle} .open=${this.open} @px-close=${() => (this.open = false)}>
        <div class="stack">
          <p class="soft">${count > 0 ? texts.listBody : texts.body}</p>
          ${
            count === 0
              ? html`<p class="small">${texts.nothingWaiting}</p>`
              : html`<ul class="list">
                ${waiting.value.map((effect) => this.#row(effect))}
              </ul>`
          }
        </div>
        <button slot="actions" class="btn btn-line" @click=${probeNow}>${icon('refresh')}${t().app.retry}</button>
      </px-dialog>`;
  }

  #row(effect: Effect): TemplateResult {
    const texts = t().offline;
    return html`<li class="spread waiting-row">
      <span>${texts.kinds[effect.kind]}<br /><small class="soft num">${formatTime(effect.createdAt)}</small></span>
      <button class="link small" @click=${() => cancelEffect(effect.id)}>${texts.cancelOne}</button>
    </li>`;
  }
}
