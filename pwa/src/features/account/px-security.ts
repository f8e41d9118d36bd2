import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { Loader } from '../../components/loader.ts';
import { skeletonLines } from '../../components/states.ts';
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
  readonly #sessions = new Loader<readonly Session[]>(this, async () => (await api('GET /api/auth/sessions')).items);

  protected override render(): TemplateResult {
    const texts = p().security;
    return html`<div class="security">
      <px-two-factor @px-changed=${() => this.#sessions.reload()}></px-two-factor>
      <section class="card stack">
        <h2 class="section-title">${texts.sessions}</h2>
        <p class="soft">${texts.sessionsBody}</p>
        ${this.#sessions.view(
          (sessions) => html`<ul class="list">${sessions.map((each) => this.#session(each))}</ul>`,
          skeletonLines(3),
        )}
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
      this.#sessions.set((this.#sessions.value ?? []).filter((each) => each.id !== id));
      toast(p().security.ended, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }
}
