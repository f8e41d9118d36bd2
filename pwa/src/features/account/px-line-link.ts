import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import type { Answer } from '../../data/contract.ts';
import { onNotice } from '../../data/notices.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';

type Line = Answer<'GET /api/notices/line'>;
type Code = Answer<'POST /api/notices/line/code'>;
const POLL_MS = 5_000;

/** Links LINE: a code that the person sends to the shop's account; the page hears of it live and asks besides. Emits `px-line`. */
@customElement('px-line-link')
export class PxLineLink extends PxElement {
  @property({ type: Boolean }) hasAccount = false;
  @state() private line: Line | null = null;
  @state() private code: Code | null = null;
  @state() private busy = false;
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasAccount) void this.#read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#rest();
  }

  #rest(): void {
    this.#stop?.();
    this.#stop = null;
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      const before = this.line;
      this.line = await api('GET /api/notices/line');
      if (this.line.isLinked && this.code) {
        this.code = null;
        this.#rest();
        toast(p().settings.lineLinked, { kind: 'success' });
      }
      if (before && before.isLinked !== this.line.isLinked) this.emit('px-line');
    } catch (error) {
      if (!this.line) toast(problemText(error), { kind: 'error' });
    }
  }

  readonly #ask = async (): Promise<void> => {
    this.busy = true;
    try {
      this.code = await api('POST /api/notices/line/code', {});
      this.#rest();
      // The button that was pressed is gone: go on from what took its place.
      this.tabIndex = -1;
      this.focus();
      this.#stop = onNotice((notice) => {
        if (notice.type === 'line.changed' || notice.type === 'resync') void this.#read();
      });
      this.#timer = setInterval(() => {
        this.requestUpdate(); // the minutes that are left
        if (document.visibilityState === 'visible' && this.#minutesLeft() > 0) void this.#read();
      }, POLL_MS);
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };

  readonly #unlink = async (): Promise<void> => {
    try {
      await api('DELETE /api/notices/line');
      toast(p().settings.lineUnlinked, { kind: 'success' });
      await this.#read();
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  };

  #minutesLeft(): number {
    return this.code ? Math.ceil((Date.parse(this.code.expiresAt) - Date.now()) / 60_000) : 0;
  }

  protected override render(): TemplateResult {
    const texts = p().settings;
    if (!this.hasAccount)
      return html`<p class="soft">${texts.lineGuest}</p>
        <div><a class="btn btn-line" href="/sign-in?next=/account/notifications">${t().app.signIn}</a></div>`;
    if (!this.line) return html`<span class="skeleton" aria-hidden="true"></span>`;
    if (!this.line.isAvailable) return html`<p class="soft">${texts.lineNone}</p>`;
    if (this.line.isLinked)
      return html`<p class=${this.line.isBlocked ? 'note note-warning' : ''} role="status">
          ${icon(this.line.isBlocked ? 'warning' : 'check-circle')}
          <span>${this.line.isBlocked ? texts.lineBlocked : texts.lineLinked}</span>
        </p>
        <div><button class="btn btn-line" @click=${this.#unlink}>${texts.lineUnlink}</button></div>`;
    return html`<p class="soft">${texts.lineBody}</p>
      ${this.code ? this.#code(this.code) : html`<div><button class="btn btn-solid" ?disabled=${this.busy} @click=${this.#ask}>${icon('chat')}${texts.lineLink}</button></div>`}`;
  }

  #code(code: Code): TemplateResult {
    const texts = p().settings;
    const minutes = this.#minutesLeft();
    if (minutes <= 0)
      return html`<p class="note note-warning" role="status">${icon('clock')}<span>${texts.lineExpired}</span></p>
        <div><button class="btn btn-solid" @click=${this.#ask}>${texts.lineNew}</button></div>`;
    const [add, send, answer] = texts.lineSteps;
    return html`<ol class="line-steps">
        <li>${add}${this.line?.accountId ? html` <strong>${this.line.accountId}</strong>` : nothing}</li>
        <li>
          ${send}
          <span class="line-code">
            <output aria-label=${texts.lineCode}>${code.code}</output>
            <button class="btn btn-icon" aria-label=${texts.copy} @click=${() => this.#copy(code.code)}>${icon('copy')}</button>
          </span>
        </li>
        <li>${answer}</li>
      </ol>
      ${
        code.openUrl
          ? html`<div><a class="btn btn-gold" href=${code.openUrl} target="_blank" rel="noopener">${icon('chat')}${texts.lineOpen}</a></div>`
          : nothing
      }
      <p class="soft small num">${texts.lineValid(minutes)}</p>`;
  }

  async #copy(code: string): Promise<void> {
    await navigator.clipboard.writeText(code).catch(() => undefined);
    toast(t().app.copied);
  }
}
