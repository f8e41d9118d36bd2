import { html, noChange, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { live } from 'lit/directives/live.js';
import { icon } from './px-icon.ts';

export interface FieldOptions {
  /** Also the id; unique on the page. */
  name: string;
  label: string;
  /** What stands in the field; left out: the field keeps what was typed. */
  value?: string;
  type?: 'text' | 'email' | 'password' | 'tel' | 'number' | 'date' | 'datetime-local' | 'search' | 'url';
  hint?: string;
  problem?: string | null | undefined;
  autocomplete?: AutoFill;
  inputmode?: 'text' | 'numeric' | 'decimal' | 'email' | 'search' | 'tel' | 'url';
  required?: boolean;
  placeholder?: string;
  maxlength?: number;
  onInput?: (value: string) => void;
}

/** A label, a native input, its hint and its problem, tied together for screen readers. */
export function field(options: FieldOptions): TemplateResult {
  const { name, label, hint, problem } = options;
  const describedBy = [problem ? `${name}-problem` : '', hint ? `${name}-hint` : ''].filter(Boolean).join(' ');
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <input
      class="input"
      id=${name}
      name=${name}
      type=${options.type ?? 'text'}
      .value=${options.value === undefined ? noChange : live(options.value)}
      autocomplete=${ifDefined(options.autocomplete)}
      inputmode=${ifDefined(options.inputmode)}
      placeholder=${ifDefined(options.placeholder)}
      maxlength=${ifDefined(options.maxlength)}
      ?required=${options.required ?? false}
      aria-invalid=${problem ? 'true' : 'false'}
      aria-describedby=${describedBy || nothing}
      @input=${(event: InputEvent) => options.onInput?.((event.target as HTMLInputElement).value)}
    />
    ${problem ? html`<p class="problem" id="${name}-problem">${icon('warning')}<span>${problem}</span></p>` : nothing}
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
  </div>`;
}

/** A switch: a native checkbox in its look, with the sentence beside it as label. */
export const switchField = (
  label: string,
  checked: boolean,
  onChange: (checked: boolean) => void,
): TemplateResult => html`<label class="switch">
  <input
    type="checkbox"
    role="switch"
    .checked=${live(checked)}
    @change=${(event: Event) => onChange((event.target as HTMLInputElement).checked)}
  />
  <span>${label}</span>
</label>`;

/** The form's fields as trimmed strings. */
export function formValues(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') values[name] = value.trim();
  return values;
}

export const looksLikeEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(text);
export const isStrongPassword = (text: string): boolean =>
  text.length >= 8 && /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);

/** Moves focus to the first field with a problem, where a person has to go next. */
export function focusFirstProblem(form: ParentNode): void {
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
