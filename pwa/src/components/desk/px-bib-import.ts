import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as bibs from '#contracts/http/bibs.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatNumber } from '../../i18n/format.ts';
import { problemText } from '../../i18n/problems.ts';
import { PxElement } from '../element.ts';
import '../px-file-picker.ts';
import { icon } from '../px-icon.ts';

/** Bib numbers of an event from a CSV file, with a word on every row that could not be used. */
@customElement('px-bib-import')
export class PxBibImport extends PxElement {
  @property() eventId = '';
  @state() private result: Answer<typeof bibs.importBibs> | null = null;
  @state() private problem = '';
  @state() private busy = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('eventId')) return;
    this.result = null;
    this.problem = '';
  }

  async #send([file]: readonly File[]): Promise<void> {
    if (!file || this.busy) return;
    this.busy = true;
    this.problem = '';
    this.result = null;
    const form = new FormData();
    form.set('file', file);
    try {
      this.result = await call<typeof bibs.importBibs>('POST', '/api/events/:id/bibs/import', {
        params: { id: this.eventId },
        body: form as never,
        idempotencyKey: crypto.randomUUID(),
        timeoutMs: 120_000,
      });
    } catch (error) {
      this.problem = problemText(error);
    } finally {
      this.busy = false;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.eventId) return nothing;
    const texts = d().bibs;
    return html`<details class="desk-card">
      <summary>${texts.importTitle}</summary>
      <div class="stack">
        <p class="soft">${texts.importBody}</p>
        <pre class="num small">${texts.importSample}</pre>
        <px-file-picker
          .label=${this.busy ? d().common.loading : texts.importChoose}
          accept=".csv,.tsv,.txt,text/csv"
          icon="upload"
          .disabled=${this.busy}
          @px-files=${(event: CustomEvent<File[]>) => void this.#send(event.detail)}
        ></px-file-picker>
        <div aria-live="polite" class="stack">${this.problem ? this.#failed() : nothing} ${this.#report()}</div>
      </div>
    </details>`;
  }

  #failed(): TemplateResult {
    return html`<p class="note note-error">${icon('warning')}<span>${this.problem}</span></p>`;
  }

  #report(): TemplateResult | typeof nothing {
    const texts = d().bibs;
    const { result } = this;
    if (!result) return nothing;
    return html`<p class="note note-success">
        ${icon('check-circle')}<span>${texts.imported(result.photos, result.changed, result.bibs)}</span>
      </p>
      ${
        result.problemCount > 0
          ? html`<p>${texts.problems(result.problemCount)}</p>
            <ul class="small">
              ${result.problems.map(
                ({ line, fileName, reason, text }) =>
                  html`<li><span class="num">${formatNumber(line)}</span> · ${fileName}: ${texts.reasons[reason]}${text ? ` (${text})` : nothing}</li>`,
              )}
              ${result.problemCount > result.problems.length ? html`<li>…</li>` : nothing}
            </ul>`
          : nothing
      }`;
  }
}
