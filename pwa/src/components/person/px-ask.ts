import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toast } from '../../context/toasts.ts';
import { device } from '../../data/device.ts';
import { askToInstall, installable } from '../../data/install.ts';
import { isProblem } from '../../data/problem.ts';
import { decline, declined, enablePush, pushState, refreshPush } from '../../data/push.ts';
import { type Ask, nextAsk } from '../../data/push-state.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import { PxElement } from '../element.ts';
import { icon } from '../px-icon.ts';
import './ask.css';

/**
 * One question at a good moment: after a search, after an order. Notices first, else the app on the home screen; nothing where
 * neither can be, and nothing again once it was declined.
 */
@customElement('px-ask')
export class PxAsk extends PxElement {
  @property() moment: 'search' | 'order' = 'search';
  @state() private busy = false;
  /** What is shown stays until it was answered, also when the browser changes its mind meanwhile. */
  @state() private shown: Ask | null = null;

  constructor() {
    super();
    this.watch(pushState);
    this.watch(installable);
    this.watch(declined);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void refreshPush();
  }

  protected override willUpdate(_changed: PropertyValues): void {
    if (this.busy) return;
    this.shown = nextAsk({
      push: pushState.value,
      device,
      isInstallable: installable.value !== null,
      declined: declined.value,
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { shown } = this;
    if (!shown) return nothing;
    const texts = p().ask;
    const title = { push: texts[this.moment], install: texts.install, ios: texts.ios }[shown];
    const body = {
      push: this.moment === 'search' ? texts.searchBody : texts.orderBody,
      install: texts.installBody,
      ios: texts.iosBody,
    }[shown];
    return html`<section class="ask" aria-label=${title}>
      ${icon(shown === 'install' ? 'phone' : 'bell')}
      <div>
        <p><strong>${title}</strong></p>
        <p class="soft small">${body}</p>
        ${shown === 'ios' ? iosSteps() : nothing}
        <div class="ask-answers">
          ${
            shown === 'ios'
              ? nothing
              : html`<button class="btn btn-solid" ?disabled=${this.busy} aria-busy=${this.busy ? 'true' : 'false'} @click=${() => this.#yes(shown)}>
                ${shown === 'push' ? texts.yes : texts.installYes}
              </button>`
          }
          <button class="btn btn-quiet" @click=${() => this.#no(shown)}>${texts.no}</button>
        </div>
      </div>
    </section>`;
  }

  #yes(what: 'push' | 'install'): void {
    this.busy = true;
    // Straight from the tap: browsers ask for permission nowhere else.
    const answer = what === 'push' ? turnOn() : askToInstall();
    void answer.finally(() => {
      this.busy = false;
    });
  }

  #no(what: Ask): void {
    decline(what);
    toast(p().ask.later);
  }
}

export const iosSteps = (): TemplateResult => html`<ol class="ask-steps small">
  ${p().ask.iosSteps.map((step, i) => html`<li>${step}${i === 0 ? icon('share') : nothing}</li>`)}
</ol>`;

/** Switches notices on and says what came of it. */
export async function turnOn(): Promise<void> {
  const texts = p().ask;
  try {
    const state = await enablePush();
    if (state === 'on') toast(texts.on, { kind: 'success' });
    else if (state === 'blocked') toast(texts.blocked);
  } catch (error) {
    toast(isProblem(error) ? problemText(error) : texts.failed, { kind: 'error' });
    await refreshPush();
  }
}
