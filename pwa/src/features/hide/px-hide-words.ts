import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { field, formValues, looksLikeEmail } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { askToHide } from '../../data/hiding.ts';
import { accountUser, ensureSession } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';

/** The way without a selfie: words by which somebody finds the photos. Emits `px-sent`, `px-back`. */
@customElement('px-hide-words')
export class PxHideWords extends PxElement {
  @property() eventId = '';
  @property({ type: Boolean }) canGoBack = true;
  @state() private problems: Record<string, string> = {};
  @state() private busy = false;

  protected override render(): TemplateResult {
    const texts = p().hide;
    const problem = this.problems.details;
    return html`<form class="consent stack" novalidate @submit=${this.#send}>
      <h1 class="page-title">${texts.writeTitle}</h1>
      <p class="soft">${texts.writeBody}</p>
      <div class="field">
        <label for="details">${texts.details}</label>
        <textarea
          class="input"
          id="details"
          name="details"
          rows="4"
          maxlength="2000"
          aria-invalid=${problem ? 'true' : 'false'}
          aria-describedby="details-hint${problem ? ' details-problem' : ''}"
        ></textarea>
        ${problem ? html`<p class="problem" id="details-problem">${icon('warning')}<span>${problem}</span></p>` : nothing}
        <p class="hint" id="details-hint">${texts.writeHint}</p>
      </div>
      ${
        accountUser()
          ? nothing
          : field({
              name: 'email',
              label: texts.email,
              type: 'email',
              autocomplete: 'email',
              problem: this.problems.email,
            })
      }
      <button class="btn btn-gold btn-big btn-wide" ?disabled=${this.busy} aria-busy=${this.busy ? 'true' : 'false'}>${texts.send}</button>
      ${
        this.canGoBack
          ? html`<button type="button" class="btn btn-quiet btn-wide" @click=${() => this.emit('px-back')}>${texts.withSelfie}</button>`
          : nothing
      }
    </form>`;
  }

  readonly #send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { details = '', email = '' } = formValues(event.target as HTMLFormElement);
    this.problems = {
      ...(details.length < 3 && { details: t().errors.fieldRequired }),
      ...(!accountUser() && !looksLikeEmail(email) && { email: t().errors.emailInvalid }),
    };
    if (Object.keys(this.problems).length > 0) return;
    this.busy = true;
    try {
      await ensureSession();
      await askToHide(this.eventId, { details, email });
      toast(p().hide.sent, { kind: 'success' });
      this.emit('px-sent');
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };
}
