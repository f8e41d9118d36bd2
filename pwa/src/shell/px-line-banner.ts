import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { icon } from '../components/px-icon.ts';
import { cart } from '../context/cart.ts';
import { externalAddress } from '../context/handover.ts';
import { location } from '../context/router.ts';
import { messages, t } from '../i18n/i18n.ts';
import { lineEn } from '../i18n/person/line.en.ts';
import { lineTh } from '../i18n/person/line.th.ts';
import './line-banner.css';

const texts = messages(lineEn, lineTh);
const DISMISSED = 'px.line';

function wasDismissed(): boolean {
  try {
    return sessionStorage.getItem(DISMISSED) !== null;
  } catch {
    return false;
  }
}

/** Inside LINE only: the way to the phone's own browser, where photos can be saved and things are kept. */
@customElement('px-line-banner')
export class PxLineBanner extends PxElement {
  @state() private isGone = wasDismissed();

  constructor() {
    super();
    this.watch(cart);
    this.watch(location);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.isGone) return nothing;
    const { title, body, bodyWithCart, open } = texts();
    // A target keeps the router out of it: LINE sees a page being opened.
    return html`<aside class="line-banner" aria-label=${title}>
      <div>
        <p><strong>${title}</strong></p>
        <p class="small">${cart.value.lines.length > 0 ? bodyWithCart : body}</p>
        <a class="btn btn-solid" target="_top" href=${externalAddress(window.location.href)}>${open}</a>
      </div>
      <button class="btn btn-icon" aria-label=${t().app.dismiss} @click=${this.#dismiss}>${icon('close')}</button>
    </aside>`;
  }

  readonly #dismiss = (): void => {
    this.isGone = true;
    try {
      sessionStorage.setItem(DISMISSED, '1');
    } catch {
      // asked again on the next page that is opened anew
    }
  };
}
