import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { consentTexts } from '#contracts/consents.ts';
import { PxElement } from '../../components/element.ts';
import { switchField } from '../../components/field.ts';
import { type IconName, icon } from '../../components/px-icon.ts';
import { lang, t } from '../../i18n/i18n.ts';

const signs: Record<'face_search' | 'selfie_upload' | 'hide_me', readonly IconName[]> = {
  face_search: ['phone', 'clock', 'shield'],
  selfie_upload: ['upload', 'trash', 'shield'],
  hide_me: ['face', 'eye-off', 'shield'],
};

/** Three plain sentences and a switch; emits `px-agree`. The sentences are the contract's: exactly these are recorded. */
@customElement('px-consent')
export class PxConsent extends PxElement {
  @property() purpose: 'face_search' | 'selfie_upload' | 'hide_me' = 'face_search';
  /** Other words for title and switch. */
  @property() heading = '';
  @property() agree = '';
  @property({ type: Boolean }) busy = false;
  @state() private agreed = false;

  protected override render(): TemplateResult {
    const texts = t().find;
    const isUpload = this.purpose === 'selfie_upload';
    return html`<section class="consent stack" aria-labelledby="consent-title">
      <h1 class="page-title" id="consent-title">${this.heading || (isUpload ? texts.upload.title : texts.consentTitle)}</h1>
      ${isUpload ? html`<p class="leaves">${icon('warning')}${texts.upload.leaves}</p>` : nothing}
      <ul class="consent-points">
        ${consentTexts[this.purpose].sentences[lang.value].map(
          (sentence, i) => html`<li>${icon(signs[this.purpose][i]!)}<span>${sentence}</span></li>`,
        )}
      </ul>
      <div class="consent-switch">
        ${switchField(this.agree || (isUpload ? texts.upload.agree : texts.agree), this.agreed, (checked) => {
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
