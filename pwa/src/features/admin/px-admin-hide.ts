import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type * as hiding from '#contracts/http/hiding.ts';
import type * as privacy from '#contracts/http/privacy.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, pageHead, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { faceCrop } from './face-crop.ts';
import './faces.css';

type View = Answer<typeof hiding.adminReadHide>;
type Face = View['items'][number];
type State = Face['state'];
const order: readonly State[] = ['proposed', 'hidden', 'dismissed'];

/** The faces that a "hide me" means: those to decide on first. Mark them, then confirm or reject the request. */
@customElement('px-admin-hide')
export class PxAdminHide extends PxElement {
  @property() requestId = '';
  @state() private chosen: ReadonlySet<string> = new Set();
  readonly #view = new Loader<View>(this, () =>
    call<typeof hiding.adminReadHide>('GET', '/api/admin/privacy-requests/:id/faces', {
      params: { id: this.requestId },
    }),
  );

  protected override render(): TemplateResult {
    const texts = d().privacy;
    return html`${pageHead({
      title: texts.kinds.hide,
      back: { href: '/admin/privacy', label: texts.title },
    })}
    ${this.#view.view((view) => this.#page(view))}`;
  }

  #page({ hide, items }: View): TemplateResult {
    const texts = d().privacy;
    const isOpen = hide.status === 'requested';
    return html`<div class="stack">
      <p>
        ${stateBadge(texts.hideStates[hide.status], isOpen ? 'warning' : hide.status === 'confirmed' ? 'success' : 'plain')}
        <span class="soft">${hide.isWritten ? texts.facesWritten : texts.facesLead}</span>
      </p>
      ${
        items.length === 0 && !hide.isWritten
          ? emptyState({ drawing: 'face', title: texts.facesNone })
          : order.map((each) =>
              this.#group(
                each,
                items.filter((face) => face.state === each),
              ),
            )
      }
      ${this.#bar()}
      ${
        isOpen
          ? html`<div class="desk-actions">
            <button class="btn btn-solid" @click=${() => void this.#decide('completed')}>${texts.complete}</button>
            <button class="btn btn-quiet" @click=${() => void this.#decide('rejected')}>${texts.reject}</button>
          </div>`
          : nothing
      }
    </div>`;
  }

  #group(which: State, faces: readonly Face[]): TemplateResult | typeof nothing {
    if (faces.length === 0) return nothing;
    const texts = d().privacy;
    const titles = { proposed: texts.proposedTitle, hidden: texts.hiddenTitle, dismissed: texts.dismissedTitle };
    return html`<section class="desk-card stack">
      <h2 class="section-title">${titles[which](faces.length)}</h2>
      <div class="face-groups">
        ${repeat(
          faces,
          (face) => face.faceId,
          (face) => html`<div class="face-tile">
            ${faceCrop(face, {
              label: texts.faceOf(Math.round(face.confidence * 100)),
              chosen: this.chosen.has(face.faceId),
              choose: () => this.#choose(face.faceId),
            })}
            <small class="num">${Math.round(face.confidence * 100)} %</small>
          </div>`,
        )}
      </div>
    </section>`;
  }

  #choose(id: string): void {
    const next = new Set(this.chosen);
    if (!next.delete(id)) next.add(id);
    this.chosen = next;
  }

  #bar(): TemplateResult | typeof nothing {
    if (this.chosen.size === 0) return nothing;
    const texts = d().privacy;
    return html`<div class="desk-card desk-actions face-bar">
      <button class="btn btn-solid" @click=${() => void this.#mark('hidden')}>${icon('eye-off')}${texts.toHide}</button>
      <button class="btn btn-line" @click=${() => void this.#mark('dismissed')}>${texts.toDismiss}</button>
    </div>`;
  }

  async #mark(to: 'hidden' | 'dismissed'): Promise<void> {
    await act(async () => {
      this.#view.set(
        await call<typeof hiding.adminMarkHide>('PUT', '/api/admin/privacy-requests/:id/faces', {
          params: { id: this.requestId },
          body: { faces: [...this.chosen].map((faceId) => ({ faceId, state: to })) },
        }),
      );
      this.chosen = new Set();
    }, d().privacy.marked);
  }

  async #decide(status: 'completed' | 'rejected'): Promise<void> {
    const texts = d().privacy;
    const isDone = status === 'completed';
    await ask({
      title: isDone ? texts.complete : texts.reject,
      body: isDone ? texts.confirmBody : texts.rejectBody,
      fields: [{ name: 'decision', label: texts.answer, kind: 'area', maxlength: 4000, required: !isDone }],
      action: isDone ? texts.complete : texts.reject,
      danger: !isDone,
      run: async ({ decision }) => {
        await call<typeof privacy.adminDecidePrivacyRequest>('PUT', '/api/admin/privacy-requests/:id', {
          params: { id: this.requestId },
          body: { status, decision: decision || undefined },
        });
        await this.#view.reload();
      },
    });
  }
}
