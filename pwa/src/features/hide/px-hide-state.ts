import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import '../../components/px-dialog.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { type Hide, isStanding, showMeAgain } from '../../data/hiding.ts';
import { formatDate } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';

/** What a wish to be hidden has done, and the way back. Emits `px-hide` (Hide) when it changed, `px-again` to start anew. */
@customElement('px-hide-state')
export class PxHideState extends PxElement {
  @property({ attribute: false }) hide!: Hide;
  @state() private asks = false;
  @state() private busy = false;

  protected override render(): TemplateResult {
    const texts = p().hide;
    const { hide } = this;
    const standing = isStanding(hide);
    const isLooking = standing && !hide.isSearched;
    return html`<section class="stack hide-state" aria-labelledby="hide-title" aria-busy=${isLooking ? 'true' : 'false'}>
      <div class="hide-mark ${isLooking ? 'scan' : ''}" aria-hidden="true">${icon(standing ? 'eye-off' : 'eye')}</div>
      <h1 class="page-title centre" id="hide-title">${texts.title}</h1>
      <div role="status" class="stack">
        ${isLooking ? html`<p class="centre">${texts.searching}</p>` : standing ? this.#found() : nothing}
        ${isLooking ? nothing : this.#note()}
      </div>
      ${standing && hide.expiresAt ? html`<p class="small soft centre">${texts.until(formatDate(hide.expiresAt))}</p>` : nothing}
      ${
        standing
          ? html`<button class="btn btn-line btn-wide" @click=${() => (this.asks = true)}>${texts.undo}</button>`
          : html`<button class="btn btn-solid btn-wide" @click=${() => this.emit('px-again')}>${texts.again}</button>`
      }
      <px-dialog .heading=${texts.undoTitle} .open=${this.asks} @px-close=${() => (this.asks = false)}>
        <p>${texts.undoBody}</p>
        <button slot="actions" class="btn btn-solid btn-wide" ?disabled=${this.busy} @click=${this.#undo}>${texts.undo}</button>
        <button slot="actions" class="btn btn-line btn-wide" @click=${() => (this.asks = false)}>${t().app.cancel}</button>
      </px-dialog>
    </section>`;
  }

  #note(): TemplateResult {
    const texts = p().hide;
    const { status, isWritten } = this.hide;
    const look = status === 'confirmed' ? 'note-success' : status === 'rejected' ? 'note-warning' : '';
    return html`<p class="note ${look}">
      ${icon(status === 'confirmed' ? 'check-circle' : 'info')}
      <span>${isWritten && status === 'requested' ? texts.written : texts.states[status]}</span>
    </p>`;
  }

  #found(): TemplateResult | typeof nothing {
    const texts = p().hide;
    const { hiddenFaces, proposedFaces, isWritten } = this.hide;
    if (isWritten) return nothing;
    if (hiddenFaces === 0 && proposedFaces === 0)
      return html`<p class="centre"><strong>${texts.none}</strong><br /><span class="soft">${texts.noneBody}</span></p>`;
    return html`<ul class="hide-counts">
      ${hiddenFaces > 0 ? html`<li>${icon('eye-off')}<strong>${texts.hidden(hiddenFaces)}</strong></li>` : nothing}
      ${proposedFaces > 0 ? html`<li>${icon('users')}<span>${texts.proposed(proposedFaces)}</span></li>` : nothing}
    </ul>`;
  }

  readonly #undo = async (): Promise<void> => {
    this.busy = true;
    try {
      this.emit<Hide>('px-hide', await showMeAgain(this.hide.id));
      this.asks = false;
      toast(p().hide.undone, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };
}
