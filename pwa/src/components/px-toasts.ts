import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { dismissToast, toasts } from '../context/toasts.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { icon } from './px-icon.ts';

/** Notices above the bottom bar; a live region, so that they are read out. */
@customElement('px-toasts')
export class PxToasts extends PxElement {
  static override readonly later = true;
  constructor() {
    super();
    this.watch(toasts);
  }

  #home: Element | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#home ??= this.parentElement;
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // The viewer it stood in went away, and took it along.
    queueMicrotask(() => {
      if (!this.isConnected && this.#home?.isConnected) this.#home.append(this);
    });
  }

  /** What lies outside the open viewer can be neither seen nor pressed nor heard: it goes where the person is. */
  protected override async scheduleUpdate(): Promise<void> {
    const place = document.querySelector('px-lightbox dialog:modal') ?? this.#home;
    if (place && this.parentElement !== place && toasts.value.length > 0) {
      place.append(this);
      // Screen readers tell what changes in a place that they know already.
      await new Promise((known) => setTimeout(known, 50));
    }
    super.scheduleUpdate();
  }

  protected override render(): TemplateResult {
    return html`<div class="toasts" role="status" aria-live="polite" aria-atomic="false">
      ${repeat(
        toasts.value,
        (entry) => entry.id,
        (entry) => html`<div class="toast ${entry.kind}">
          ${entry.kind === 'info' ? nothing : icon(entry.kind === 'success' ? 'check-circle' : 'warning')}
          <p>${entry.text}</p>
          ${
            entry.action
              ? html`<button
                class="link"
                @click=${() => {
                  entry.action!.run();
                  dismissToast(entry.id);
                }}
              >
                ${entry.action.label}
              </button>`
              : nothing
          }
          <button class="btn btn-icon" aria-label=${t().app.dismiss} @click=${() => dismissToast(entry.id)}>
            ${icon('close')}
          </button>
        </div>`,
      )}
    </div>`;
  }
}
