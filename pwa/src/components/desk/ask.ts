import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';
import { PxElement } from '../element.ts';
import { field, focusFirstProblem, formValues } from '../field.ts';
import '../px-dialog.ts';
import { Drafts } from '../drafts.ts';
import { icon } from '../px-icon.ts';
import { fieldProblems } from './form.ts';
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
  /** What it becomes in the request's body, where that has another name: what the server says of it stands at this field. */
  fills?: readonly string[];
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

/** What `run` throws when the person wrote something that cannot be: the sentence they read, at the field that it is about. */
export class AskProblem extends Error {
  constructor(
    message: string,
    readonly field = '',
  ) {
    super(message);
  }
}
/** Reads one field; what `read` cannot make sense of (a RangeError) is said at that field. */
export function readField<T>(field: string, sentence: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new AskProblem(sentence, field) : error;
  }
}

/** A question with its fields before something that matters happens. Resolves true when it was done. */
@customElement('px-ask')
export class PxAsk extends PxElement {
  @property({ attribute: false }) options!: AskOptions;
  @state() private open = true;
  @state() private busy = false;
  /** Field name -> sentence; what belongs to no field stands under ''. */
  @state() private problems: Record<string, string> = {};
  readonly #drafts = new Drafts();
  finish: (done: boolean) => void = () => undefined;

  protected override render(): TemplateResult {
    const { title, body, fields = [], action, danger } = this.options;
    return html`<px-dialog .heading=${title} .open=${this.open} @px-close=${() => this.finish(false)}>
      <form class="stack" id="px-ask-form" novalidate @input=${this.#drafts.keep} @submit=${this.#submit}>
        ${body ? html`<div class="soft">${body}</div>` : nothing}
        ${fields.map((entry) => this.#field(entry))}
        ${
          this.problems['']
            ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problems['']}</span></p>`
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

  #field({ kind = 'text', name, value, options, fills: _fills, ...rest }: AskField): TemplateResult {
    const id = `ask-${name}`;
    const problem = this.problems[name];
    if (kind === 'select')
      return selectField({ ...rest, problem, name: id, value: value ?? '', options: options ?? [] });
    if (kind === 'area') return areaField({ ...rest, problem, name: id, value, rows: 3 });
    return field({
      ...rest,
      problem,
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
    if (missing) return this.#say(form, { [missing.name]: d().common.fillIn(missing.label) });
    this.busy = true;
    this.problems = {};
    try {
      await this.options.run(values);
      this.finish(true);
    } catch (error) {
      await this.#say(form, this.#problemsOf(error));
    }
    this.busy = false;
  };
  async #say(form: HTMLFormElement, problems: Record<string, string>): Promise<void> {
    this.problems = problems;
    await this.updateComplete;
    focusFirstProblem(form);
  }
  #problemsOf(error: unknown): Record<string, string> {
    if (error instanceof AskProblem) return { [error.field]: error.message };
    if (error instanceof RangeError) return { '': d().common.amountInvalid };
    const fields = this.options.fields ?? [];
    const said: Record<string, string> = {};
    for (const [name, sentence] of Object.entries(fieldProblems(error))) {
      const at = fields.find((entry) => entry.name === name || entry.fills?.includes(name));
      if (at) said[at.name] = sentence;
      else said[''] = problemText(error);
    }
    return said;
  }
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
