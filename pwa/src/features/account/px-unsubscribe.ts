import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { emptyState, errorState, loadingPage } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import type { Answer } from '../../data/contract.ts';
import { isProblem } from '../../data/problem.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';

/** Where the link at the end of an e-mail leads: one tap ends this kind, without signing in. */
@customElement('px-unsubscribe')
export class PxUnsubscribe extends PxElement {
  @property() token = '';
  @state() private about: Answer<'GET /api/notices/unsubscribe'> | null = null;
  @state() private problem: unknown = null;
  @state() private busy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    try {
      this.about = await api('GET /api/notices/unsubscribe', { query: { token: this.token } });
    } catch (error) {
      this.problem = error;
    }
  }

  protected override render(): TemplateResult {
    const texts = p().unsubscribe;
    setTitle(texts.title);
    const { about } = this;
    const settings = html`<a class="btn btn-line" href="/account/notifications">${texts.settings}</a>`;
    if (isProblem(this.problem, 'request.invalid', 'auth.token_invalid'))
      return html`<div class="page page-narrow">
        ${emptyState({ isPage: true, drawing: 'slipped', title: texts.badLink, body: texts.badLinkBody, action: settings })}
      </div>`;
    if (this.problem)
      return html`<div class="page page-narrow">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
    if (!about) return loadingPage(texts.title);
    return html`<div class="page page-narrow" role="status">
      ${
        about.isOn
          ? emptyState({
              isPage: true,
              drawing: 'frames',
              title: texts.title,
              body: texts.body(p().settings.kinds[about.kind]),
              action: html`<button class="btn btn-solid" ?disabled=${this.busy} @click=${this.#end}>${texts.action}</button>${settings}`,
            })
          : emptyState({ isPage: true, drawing: 'frames', title: texts.done, action: settings })
      }
    </div>`;
  }

  readonly #end = async (): Promise<void> => {
    this.busy = true;
    try {
      this.about = await api('POST /api/notices/unsubscribe', { query: { token: this.token } });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };
}
