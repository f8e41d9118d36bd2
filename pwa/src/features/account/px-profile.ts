import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { Drafts } from '../../components/drafts.ts';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, formValues, isStrongPassword } from '../../components/field.ts';
import { Loader } from '../../components/loader.ts';
import { icon } from '../../components/px-icon.ts';
import { skeletonLines } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import type { Answer } from '../../data/contract.ts';
import { seen } from '../../data/events.ts';
import { changeProfile, profileWithChanges } from '../../data/profile.ts';
import { type Lang, t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import '../auth/px-password.ts';

/** Name, phone, language of e-mails, password. */
@customElement('px-profile')
export class PxProfile extends PxElement {
  @state() private problems: Record<string, string> = {};
  @state() private busy = '';
  readonly #drafts = new Drafts();
  readonly #account = new Loader<Answer<'GET /api/account'>>(this, async (show) =>
    profileWithChanges(
      await seen(
        'account',
        () => api('GET /api/account'),
        (account) => show(profileWithChanges(account)),
      ),
    ),
  );

  protected override render(): TemplateResult {
    return this.#account.view(
      (account) => html`<div class="profile">${this.#details(account)}${this.#password()}
        <p><a class="btn btn-line" href="/account/security" data-replace>${icon('shield')}${p().security.link}</a></p>
      </div>`,
      html`<div class="profile">${[5, 4].map((lines) => html`<div class="card">${skeletonLines(lines)}</div>`)}</div>`,
    );
  }

  #details(account: Answer<'GET /api/account'>): TemplateResult {
    const texts = t();
    return html`<form class="card stack" novalidate @input=${this.#drafts.keep} @submit=${this.#saveDetails}>
      <h2 class="section-title">${texts.account.details}</h2>
      ${field({ name: 'name', label: texts.auth.name, value: this.#drafts.value('name', account.name), autocomplete: 'name', problem: this.problems.name, required: true })}
      ${field({
        name: 'phone',
        label: texts.account.phone,
        value: this.#drafts.value('phone', account.phone),
        type: 'tel',
        autocomplete: 'tel',
        problem: this.problems.phone,
      })}
      <div class="field">
        <label for="locale">${texts.account.language}</label>
        <select class="input" id="locale" name="locale">
          <option value="th" ?selected=${account.locale === 'th'}>ไทย</option>
          <option value="en" ?selected=${account.locale === 'en'}>English</option>
        </select>
      </div>
      <button class="btn btn-solid" ?disabled=${this.busy === 'details'} aria-busy=${this.busy === 'details' ? 'true' : 'false'}>
        ${texts.app.save}
      </button>
    </form>`;
  }

  #password(): TemplateResult {
    const texts = t();
    return html`<form class="card stack" novalidate @submit=${this.#savePassword}>
      <h2 class="section-title">${texts.account.password}</h2>
      <px-password name="current" .label=${texts.auth.currentPassword} .problem=${this.problems.current ?? ''}></px-password>
      <px-password
        name="next"
        .label=${texts.auth.newPassword}
        .hint=${texts.auth.passwordHint}
        .problem=${this.problems.next ?? ''}
        .isNew=${true}
      ></px-password>
      ${this.problems.form ? html`<p class="note note-error" role="alert">${icon('warning')}${this.problems.form}</p>` : nothing}
      <button class="btn btn-line" ?disabled=${this.busy === 'password'}>${texts.account.password}</button>
    </form>`;
  }

  readonly #saveDetails = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const { name = '', phone = '', locale } = formValues(form);
    this.problems = {};
    if (!name) this.problems = { name: t().errors.fieldRequired };
    else if (phone && !/^\+?[0-9][0-9 -]{5,19}$/.test(phone)) this.problems = { phone: t().errors.phoneInvalid };
    if (Object.keys(this.problems).length > 0) {
      await this.updateComplete;
      focusFirstProblem(form);
      return;
    }
    this.busy = 'details';
    try {
      const change = { name, phone: phone || null, locale: locale as Lang };
      const isSent = await changeProfile(change);
      this.#account.set({ ...this.#account.value!, ...change });
      this.#drafts.clear();
      toast(isSent ? t().app.saved : t().account.savedLater, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = '';
    }
  };

  readonly #savePassword = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const currentPassword = data.get('current')?.toString() ?? '';
    const newPassword = data.get('next')?.toString() ?? '';
    this.problems = {};
    if (!currentPassword) this.problems = { current: t().errors.fieldRequired };
    else if (!isStrongPassword(newPassword)) this.problems = { next: t().errors.passwordWeak };
    if (Object.keys(this.problems).length > 0) return;
    this.busy = 'password';
    try {
      await api('POST /api/auth/change-password', { body: { currentPassword, newPassword } });
      form.reset();
      toast(t().account.passwordChanged, { kind: 'success' });
    } catch (error) {
      this.problems = { form: problemText(error) };
    } finally {
      this.busy = '';
    }
  };
}
