import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { errorState, skeletonLines } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { browserName } from '../../data/browser-name.ts';
import type { Answer } from '../../data/contract.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import './security.css';
import './px-two-factor.ts';

type Session = Answer<'GET /api/auth/sessions'>['items'][number];

/** Who can get in: the second step at sign-in, and the devices that are signed in. */
@customElement('px-security')
export class PxSecurity extends PxElement {
  @state() private sessions: readonly Session[] | null = null;
  @state() private problem: unknown = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    try {
      this.sessions = (await api('GET /api/auth/sessions')).items;
    } catch (error) {
      this.problem = error;
    }
  }

  protected override render(): TemplateResult {
    const texts = p().security;
    return html`<div class="security">
      <px-two-factor @px-changed=${() => this.#load()}></px-two-factor>
      <section class="card stack">
        <h2 class="section-title">${texts.sessions}</h2>
        <p class="soft">${texts.sessionsBody}</p>
        ${
          this.problem
            ? errorState(this.problem, () => void this.#load())
            : this.sessions
              ? html`<ul class="list">${this.sessions.map((each) => this.#session(each))}</ul>`
              : skeletonLines(3)
        }
      </section>
    </div>`;
  }

  #session(each: Session): TemplateResult {
    const texts = p().security;
    return html`<li class="spread data-row">
      <span>
        ${browserName(each.userAgent) ?? '–'} ${each.isCurrent ? html`<span class="badge badge-success">${texts.current}</span>` : nothing}<br />
        <small class="soft num">${texts.since(formatDateTime(each.createdAt))}${each.ipAddress ? ` · ${each.ipAddress}` : ''}</small>
      </span>
      ${each.isCurrent ? nothing : html`<button class="btn btn-line" @click=${() => this.#end(each)}>${texts.end}</button>`}
    </li>`;
  }

  async #end({ id }: Session): Promise<void> {
    try {
      await api('DELETE /api/auth/sessions/:id', { params: { id } });
      this.sessions = this.sessions?.filter((each) => each.id !== id) ?? null;
      toast(p().security.ended, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }
}
