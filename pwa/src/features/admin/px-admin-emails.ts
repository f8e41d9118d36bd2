import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as messages from '#contracts/http/messages.ts';
import { ask } from '../../components/desk/ask.ts';
import { fieldProblems } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { areaField, pageHead, selectField, stateBadge } from '../../components/desk/parts.ts';
import { Drafts } from '../../components/drafts.ts';
import { PxElement } from '../../components/element.ts';
import { field, formValues } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { lang } from '../../i18n/i18n.ts';
import { settingsTabs } from './px-admin-settings.ts';

type Template = ItemOf<typeof messages.listEmailTemplates>;

/** The e-mails' words in both languages, with a preview beside them. */
@customElement('px-admin-emails')
export class PxAdminEmails extends PxElement {
  @state() private chosen = '';
  @state() private preview: Answer<typeof messages.previewEmailTemplate> | null = null;
  @state() private problems: Record<string, string> = {};
  @state() private busy = false;
  readonly #drafts = new Drafts();
  readonly #templates = new Loader<readonly Template[]>(
    this,
    async () => (await call<typeof messages.listEmailTemplates>('GET', '/api/admin/email-templates')).items,
  );

  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().settings.title })} ${settingsTabs()}
    ${this.#templates.view((templates) => {
      const idOf = (one: Template): string => `${one.key}|${one.language}`;
      const template =
        templates.find((one) => idOf(one) === this.chosen) ?? templates.find((one) => one.language === lang.value);
      const texts = d().emails;
      const names: Record<string, string> = texts.templates;
      return html`<div class="stack">
        ${selectField({
          name: 'template',
          label: texts.which,
          value: template ? idOf(template) : '',
          options: templates.map((one) => ({
            value: idOf(one),
            label: `${names[one.key] ?? one.key} · ${texts.languages[one.language]}${one.isCustom ? ` · ${texts.custom}` : ''}`,
          })),
          onChange: (value) => {
            this.chosen = value;
            this.#drafts.clear();
            this.preview = null;
            this.problems = {};
          },
        })}
        ${template ? this.#editor(template) : nothing}
      </div>`;
    })}`;
  }

  #editor(template: Template): TemplateResult {
    const texts = d().emails;
    return html`<div class="desk-grid">
      <form class="desk-card" novalidate @input=${this.#drafts.keep} @submit=${(event: SubmitEvent) => void this.#save(event, template)}>
        ${field({ name: 'subject', label: texts.subject, value: this.#drafts.value('subject', template.subject), maxlength: 200, problem: this.problems.subject })}
        ${areaField({ name: 'body', label: texts.body, value: template.body, rows: 14, maxlength: 10_000, hint: texts.bodyHint, problem: this.problems.body })}
        <p class="small soft">${texts.variables} ${template.variables.map((name) => html`<code>{{${name}}}</code> `)}</p>
        ${this.problems[''] ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problems['']}</span></p>` : nothing}
        <div class="desk-actions">
          <button class="btn btn-solid" aria-busy=${this.busy ? 'true' : 'false'}>${d().common.save}</button>
          <button
            type="button"
            class="btn btn-line"
            @click=${(event: Event) => void this.#show((event.target as HTMLElement).closest('form')!, template)}
          >
            ${icon('eye')}${texts.preview}
          </button>
          ${
            template.isCustom
              ? html`<button type="button" class="btn btn-quiet" @click=${() => void this.#reset(template)}>${texts.reset}</button>`
              : stateBadge(texts.builtIn)
          }
        </div>
      </form>
      <section class="desk-card" aria-live="polite">
        ${
          this.preview
            ? html`<h2>${this.preview.subject}</h2>
              <iframe class="mail-preview" title=${texts.preview} sandbox="" .srcdoc=${this.preview.html}></iframe>`
            : html`<p class="soft">${texts.previewHint}</p>`
        }
      </section>
    </div>`;
  }

  #params = (template: Template): { key: string; language: string } => ({
    key: template.key,
    language: template.language,
  });

  async #show(form: HTMLFormElement, template: Template): Promise<void> {
    const { subject = '', body = '' } = formValues(form);
    try {
      this.preview = await call<typeof messages.previewEmailTemplate>(
        'POST',
        '/api/admin/email-templates/:key/:language/preview',
        { params: this.#params(template), body: { subject, body } },
      );
      this.problems = {};
    } catch (error) {
      this.#say(error, template, body);
    }
  }
  /** What is wrong with the variables in words, at the text; anything else as the server says it. */
  #say(error: unknown, { variables }: Template, body: string): void {
    const texts = d().emails;
    const used = [...body.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]!);
    const unknown = used.filter((name) => !variables.includes(name));
    const problems = fieldProblems(error);
    if (problems.body && unknown.length > 0)
      problems.body = texts.unknownVariables(unknown.map((name) => `{{${name}}}`).join(', '));
    else if (problems.body && variables.includes('link') && !used.includes('link')) problems.body = texts.needsLink;
    this.problems = problems;
  }

  #put(saved: Template): void {
    this.#drafts.clear();
    this.#templates.set(
      (this.#templates.value ?? []).map((old) =>
        old.key === saved.key && old.language === saved.language ? saved : old,
      ),
    );
  }

  async #save(event: SubmitEvent, template: Template): Promise<void> {
    event.preventDefault();
    const { subject = '', body = '' } = formValues(event.target as HTMLFormElement);
    this.busy = true;
    try {
      this.#put(
        await call<typeof messages.putEmailTemplate>('PUT', '/api/admin/email-templates/:key/:language', {
          params: this.#params(template),
          body: { subject, body, version: template.version },
        }),
      );
      this.problems = {};
      toast(d().common.saved, { kind: 'success' });
    } catch (error) {
      this.#say(error, template, body);
    }
    this.busy = false;
  }

  async #reset(template: Template): Promise<void> {
    await ask({
      title: d().emails.reset,
      body: d().emails.resetBody,
      action: d().emails.reset,
      danger: true,
      run: async () => {
        this.#put(
          await call<typeof messages.resetEmailTemplate>('DELETE', '/api/admin/email-templates/:key/:language', {
            params: this.#params(template),
          }),
        );
      },
    });
  }
}
