import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as photographers from '#contracts/http/photographers.ts';
import type { PhotographerProfile } from '#contracts/http/photographers.ts';
import '../../components/desk/px-bank-account.ts';
import { fieldProblems } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { areaField, pageHead } from '../../components/desk/parts.ts';
import { Drafts } from '../../components/drafts.ts';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, formValues, switchField } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';

@customElement('px-studio-profile')
export class PxStudioProfile extends PxElement {
  @state() private problems: Record<string, string> = {};
  @state() private busy = false;
  @state() private isPublic: boolean | null = null;
  @state() private isJuristic: boolean | null = null;
  readonly #drafts = new Drafts();
  readonly #profile = new Loader<PhotographerProfile>(this, () =>
    call<typeof photographers.getPhotographerProfile>('GET', '/api/photographer/profile'),
  );

  protected override render(): TemplateResult {
    const texts = d().profile;
    return html`${pageHead({ title: texts.title, lead: texts.lead })}
      <div class="desk-grid">
        <section class="desk-card">${this.#profile.view((profile) => this.#form(profile))}</section>
        <section class="desk-card"><px-bank-account class="stack"></px-bank-account></section>
      </div>`;
  }

  #form(profile: PhotographerProfile): TemplateResult {
    const texts = d().profile;
    const isPublic = this.isPublic ?? profile.isPublic;
    return html`<h2>${texts.portfolio}</h2>
      <form class="stack" novalidate @input=${this.#drafts.keep} @submit=${this.#save}>
        ${field({ name: 'displayName', label: texts.name, value: this.#drafts.value('displayName', profile.displayName), required: true, maxlength: 120, problem: this.problems.displayName })}
        ${field({ name: 'slug', label: texts.slug, value: this.#drafts.value('slug', profile.slug), hint: texts.slugHint, maxlength: 63, problem: this.problems.slug })}
        ${areaField({ name: 'bio', label: texts.bio, value: profile.bio ?? '', maxlength: 2000, problem: this.problems.bio })}
        ${field({ name: 'portfolioUrl', label: texts.site, type: 'url', inputmode: 'url', value: this.#drafts.value('portfolioUrl', profile.portfolioUrl), placeholder: 'https://', problem: this.problems.portfolioUrl })}
        ${switchField(texts.isPublic, isPublic, (checked) => {
          this.isPublic = checked;
        })}
        ${
          profile.isPublic
            ? html`<p><a class="btn btn-line" href="/p/${profile.slug}">${icon('globe')}${texts.openPage}</a></p>`
            : nothing
        }
        ${field({ name: 'taxId', label: texts.taxId, inputmode: 'numeric', maxlength: 13, value: this.#drafts.value('taxId', profile.taxId), hint: texts.taxIdHint, problem: this.problems.taxId })}
        ${switchField(texts.juristic, this.isJuristic ?? profile.isJuristic, (checked) => {
          this.isJuristic = checked;
        })}
        ${this.problems[''] ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problems['']}</span></p>` : nothing}
        <div><button class="btn btn-solid" aria-busy=${this.busy ? 'true' : 'false'}>${d().common.save}</button></div>
      </form>`;
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = formValues(form);
    const profile = this.#profile.value!;
    this.busy = true;
    this.problems = {};
    try {
      const saved = await call<typeof photographers.updatePhotographerProfile>('PUT', '/api/photographer/profile', {
        body: {
          displayName: values.displayName,
          slug: values.slug,
          bio: values.bio || null,
          portfolioUrl: values.portfolioUrl || null,
          isPublic: this.isPublic ?? profile.isPublic,
          taxId: values.taxId || null,
          isJuristic: this.isJuristic ?? profile.isJuristic,
        },
      });
      this.#profile.set(saved);
      toast(d().common.saved, { kind: 'success' });
    } catch (error) {
      this.problems = fieldProblems(error);
      if (Object.keys(this.problems).length === 0) this.problems = { '': problemText(error) };
      await this.updateComplete;
      focusFirstProblem(form);
    }
    this.busy = false;
  };
}
