import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';
import { PxElement } from '../element.ts';
import { field, formValues } from '../field.ts';
import '../px-dialog.ts';
import { Drafts } from '../drafts.ts';
import { icon } from '../px-icon.ts';
import { areaField, type Option, selectField } from './parts.ts';

export interface AskField {
  name: string;
  label: string;
  kind?: 'text' | 'area' | 'select' | 'number' | 'email';
  value?: string;
  hint?: string;
  options?: readonly Option[];
  required?: boolean;
  maxlength?: number;
  inputmode?: 'numeric' | 'decimal';
}

export interface AskOptions {
  title: string;
  body?: unknown;
  fields?: readonly AskField[];
  /** Word on the button: the verb of what happens. */
  action: string;
  danger?: boolean;
  /** Does it; a rejection stays in the dialog as a sentence. */
  run: (values: Record<string, string>) => Promise<unknown>;
}

/** What `run` throws when the person wrote something that cannot be: the sentence they read. */
export class AskProblem extends Error {}

/** A question with its fields before something that matters happens. Resolves true when it was done. */
@customElement('px-ask')
export class PxAsk extends PxElement {
  @property({ attribute: false }) options!: AskOptions;
  @state() private open = true;
  @state() private busy = false;
  @state() private problem = '';
  readonly #drafts = new Drafts();
  finish: (done: boolean) => void = () => undefined;

  protected override render(): TemplateResult {
    const { title, body, fields = [], action, danger } = this.options;
    return html`<px-dialog .heading=${title} .open=${this.open} @px-close=${() => this.finish(false)}>
      <form class="stack" id="px-ask-form" novalidate @input=${this.#drafts.keep} @submit=${this.#submit}>
        ${body ? html`<div class="soft">${body}</div>` : nothing}
        ${fields.map((entry) => this.#field(entry))}
        ${
          this.problem
            ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problem}</span></p>`
            : nothing
        }
      </form>
      <button
        slot="actions"
        form="px-ask-form"
        class="btn ${danger ? 'btn-danger' : 'btn-solid'}"
        aria-busy=${this.busy ? 'true' : 'false'}
        ?disabled=${this.busy}
      >
        ${action}
      </button>
      <button slot="actions" type="button" class="btn btn-quiet" @click=${() => this.finish(false)}>
        ${d().common.cancel}
      </button>
    </px-dialog>`;
  }

  #field({ kind = 'text', name, value, options, ...rest }: AskField): TemplateResult {
    const id = `ask-${name}`;
    if (kind === 'select') return selectField({ ...rest, name: id, value: value ?? '', options: options ?? [] });
    if (kind === 'area') return areaField({ ...rest, name: id, value, rows: 3 });
    return field({
      ...rest,
      name: id,
      value: this.#drafts.value(id, value),
      type: kind === 'email' ? 'email' : 'text',
    });
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = Object.fromEntries(
      Object.entries(formValues(form)).map(([name, value]) => [name.replace(/^ask-/, ''), value]),
    );
    const missing = (this.options.fields ?? []).find((entry) => entry.required && !values[entry.name]);
    if (missing) {
      this.problem = d().common.fillIn(missing.label);
      form.querySelector<HTMLElement>(`#ask-${missing.name}`)?.focus();
      return;
    }
    this.busy = true;
    this.problem = '';
    try {
      await this.options.run(values);
      this.finish(true);
    } catch (error) {
      if (error instanceof AskProblem) this.problem = error.message;
      else this.problem = error instanceof RangeError ? d().common.amountInvalid : problemText(error);
    }
    this.busy = false;
  };
}

export function ask(options: AskOptions): Promise<boolean> {
  const element = new PxAsk();
  element.options = options;
  return new Promise((resolve) => {
    element.finish = (done) => {
      element.remove();
      resolve(done);
    };
    document.body.append(element);
  });
}
