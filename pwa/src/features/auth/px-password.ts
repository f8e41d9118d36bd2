import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { t } from '../../i18n/i18n.ts';
import './password.css';

/** A password with a button to show it: typing blind on a phone is where sign-in fails. */
@customElement('px-password')
export class PxPassword extends PxElement {
  @property() name = 'password';
  @property() label = '';
  @property() hint = '';
  @property() problem = '';
  @property({ type: Boolean }) isNew = false;
  @state() private shown = false;

  protected override render(): TemplateResult {
    const { name } = this;
    const described = [this.problem ? `${name}-problem` : '', this.hint ? `${name}-hint` : '']
      .filter(Boolean)
      .join(' ');
    return html`<div class="field">
      <label for="${name}-input">${this.label}</label>
      <div class="password">
        <input
          class="input"
          id="${name}-input"
          name=${name}
          type=${this.shown ? 'text' : 'password'}
          autocomplete=${this.isNew ? 'new-password' : 'current-password'}
          autocapitalize="off"
          spellcheck="false"
          required
          aria-invalid=${this.problem ? 'true' : 'false'}
          aria-describedby=${described || nothing}
        />
        <button
          type="button"
          class="btn btn-icon"
          aria-label=${this.shown ? t().auth.hide : t().auth.show}
          aria-pressed=${this.shown ? 'true' : 'false'}
          @click=${() => {
            this.shown = !this.shown;
          }}
        >
          ${icon('eye')}
        </button>
      </div>
      ${this.problem ? html`<p class="problem" id="${name}-problem">${icon('warning')}<span>${this.problem}</span></p>` : nothing}
      ${this.hint ? html`<p class="hint" id="${name}-hint">${this.hint}</p>` : nothing}
    </div>`;
  }
}
