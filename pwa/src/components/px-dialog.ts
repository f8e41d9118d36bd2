import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { lang, t } from '../i18n/i18n.ts';
import './px-icon.ts';

/**
 * A modal: a sheet from below on phones, a card in the middle on desks. Content and `slot="actions"` stay the page's own.
 * `<px-dialog heading="…" .open=${open} @px-close=${…}>`. Escape, the backdrop and the cross close it; focus is held
 * inside by the platform and returns to where it was.
 */
@customElement('px-dialog')
export class PxDialog extends LitElement {
  @property() heading = '';
  @property({ type: Boolean }) open = false;
  @query('dialog') private dialog!: HTMLDialogElement;
  #stop: (() => void) | null = null;

  static override styles = css`
    /* Takes no room and no cell of a grid where it stands. */
    :host {
      display: contents;
    }
    dialog {
      width: min(100vw, 30rem);
      max-width: none;
      max-height: min(92dvh, 46rem);
      padding: 0;
      border: 0;
      border-radius: var(--radius-l) var(--radius-l) 0 0;
      background: var(--bg-raised);
      color: var(--ink);
      box-shadow: var(--shadow);
      margin: auto auto 0;
      overflow: auto;
      overscroll-behavior: contain;
    }
    dialog[open] {
      animation: rise var(--calm) var(--ease);
    }
    dialog::backdrop {
      background: rgb(0 0 0 / 55%);
      animation: fade var(--calm);
    }
    .inside {
      padding: var(--s4) var(--s5) calc(var(--s5) + var(--safe-b));
    }
    .head {
      display: flex;
      align-items: center;
      justify-content: space-between;
      gap: var(--s4);
      margin-bottom: var(--s3);
    }
    h2 {
      margin: 0;
      font-size: var(--text-lg);
      font-weight: 600;
      line-height: 1.4;
    }
    button {
      display: grid;
      place-items: center;
      width: 44px;
      height: 44px;
      margin-right: -10px;
      border: 0;
      border-radius: 50%;
      background: none;
      color: inherit;
      cursor: pointer;
    }
    button:focus-visible {
      outline: 2px solid var(--focus);
    }
    svg {
      width: 24px;
    }
    .actions {
      display: grid;
      gap: var(--s3);
      margin-top: var(--s5);
    }
    @media (min-width: 640px) {
      dialog {
        margin: auto;
        border-radius: var(--radius-l);
      }
    }
    @keyframes rise {
      from {
        translate: 0 24px;
        opacity: 0;
      }
    }
    @keyframes fade {
      from {
        opacity: 0;
      }
    }
    @media (prefers-reduced-motion: reduce) {
      dialog[open],
      dialog::backdrop {
        animation: none;
      }
    }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = lang.watch(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('open')) return;
    if (this.open && !this.dialog.open) {
      this.dialog.showModal();
      // At a desk one types at once; on a phone the keyboard would cover what is asked.
      if (matchMedia('(pointer: fine)').matches)
        this.querySelector<HTMLElement>(
          ':is(input:not([type="hidden"], [type="checkbox"], [type="file"]), textarea)',
        )?.focus();
    } else if (!this.open && this.dialog.open) this.dialog.close();
  }

  #closed(): void {
    if (!this.open) return;
    this.open = false;
    this.dispatchEvent(new CustomEvent('px-close', { bubbles: true, composed: true }));
  }

  protected override render(): TemplateResult {
    return html`<dialog
      aria-label=${this.heading}
      @close=${this.#closed}
      @click=${(event: MouseEvent) => {
        if (event.target === this.dialog) this.dialog.close();
      }}
    >
      <div class="inside" part="inside">
        <div class="head">
          <h2>${this.heading}</h2>
          <button aria-label=${t().app.close} @click=${() => this.dialog.close()}>
            <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" aria-hidden="true">
              <path d="m6 6 12 12M18 6 6 18" />
            </svg>
          </button>
        </div>
        <slot></slot>
        <div class="actions"><slot name="actions"></slot></div>
      </div>
    </dialog>`;
  }
}
