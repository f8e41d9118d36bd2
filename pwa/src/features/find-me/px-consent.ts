import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { consentTexts } from '#contracts/consents.ts';
import { PxElement } from '../../components/element.ts';
import { switchField } from '../../components/field.ts';
import { type IconName, icon } from '../../components/px-icon.ts';
import { lang, t } from '../../i18n/i18n.ts';

const signs: readonly IconName[] = ['phone', 'clock', 'shield'];

/** Three plain sentences and a switch; emits `px-agree`. The sentences are the contract's: exactly these are recorded. */
@customElement('px-consent')
export class PxConsent extends PxElement {
  @property({ type: Boolean }) busy = false;
  @state() private agreed = false;

  protected override render(): TemplateResult {
    const texts = t().find;
    return html`<section class="consent stack" aria-labelledby="consent-title">
      <h1 class="page-title" id="consent-title">${texts.consentTitle}</h1>
      <ul class="consent-points">
        ${consentTexts.face_search.sentences[lang.value].map(
          (sentence, i) => html`<li>${icon(signs[i]!)}<span>${sentence}</span></li>`,
        )}
      </ul>
      <div class="consent-switch">
        ${switchField(texts.agree, this.agreed, (checked) => {
          this.agreed = checked;
        })}
      </div>
      <button
        class="btn btn-gold btn-big btn-wide"
        ?disabled=${!this.agreed || this.busy}
        aria-busy=${this.busy ? 'true' : 'false'}
        @click=${() => this.emit('px-agree')}
      >
        ${texts.continue}
      </button>
      <p class="small soft centre">${texts.age}<br /><a href="/privacy">${texts.more}</a></p>
    </section>`;
  }
}
