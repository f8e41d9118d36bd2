import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as privacy from '#contracts/http/privacy.ts';
import { ask } from '../../components/desk/ask.ts';
import { Pager } from '../../components/desk/loader.ts';
import { dataTable, pageHead, queryTabs, stateBadge, type Tone } from '../../components/desk/parts.ts';
import { emptyState } from '../../components/states.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';

type Request = ItemOf<typeof privacy.adminListPrivacyRequests>;
const statuses = ['received', 'in_progress', 'completed', 'rejected'] as const;
const tones: Record<Request['status'], Tone> = {
  received: 'warning',
  in_progress: 'warning',
  completed: 'success',
  rejected: 'plain',
};

/** What the person wrote; "event <id>", which the server adds, as a way to that event. */
function detailsOf(details: string | null): unknown {
  const [, words = '', eventId] = /^([\s\S]*?)\n?event ([0-9a-f-]{36})$/.exec(details ?? '') ?? [];
  if (!eventId) return details ?? '–';
  return html`${words} <a href="/admin/events/${eventId}">${d().common.event}</a>`;
}

/** Requests under the PDPA, with the day by which the law wants an answer. */
@customElement('px-admin-privacy')
export class PxAdminPrivacy extends FilteredPage {
  protected readonly filters = ['status'];
  readonly #requests = new Pager<Request>(this, (cursor) =>
    call<typeof privacy.adminListPrivacyRequests>('GET', '/api/admin/privacy-requests', {
      query: { status: this.filter('status'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#requests.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().privacy;
    return html`${pageHead({ title: texts.title, lead: texts.lead })}
      ${queryTabs(
        'status',
        [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
        d().common.filter,
      )}
      ${this.#requests.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'face', title: this.filter('status') ? d().common.noMatch : texts.none })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (request) => request.id,
              columns: [
                { label: texts.kind, cell: (request) => html`<b class="nowrap">${texts.kinds[request.kind]}</b>` },
                {
                  label: texts.person,
                  cell: (request) => html`${request.userName ?? texts.guest}<small>${request.email ?? ''}</small>`,
                },
                {
                  label: texts.details,
                  cell: (request) => html`<span class="reason">${detailsOf(request.details)}</span>`,
                },
                {
                  label: texts.due,
                  cell: (request) =>
                    html`<span class="nowrap">${formatDateShort(request.dueAt)}</span> ${request.isOverdue ? stateBadge(texts.overdue, 'error') : nothing}`,
                },
                {
                  label: d().common.status,
                  cell: (request) =>
                    html`${stateBadge(texts.states[request.status], tones[request.status])}<small>${request.decision ?? ''}</small>`,
                },
                { label: '', end: true, cell: (request) => this.#actions(request) },
              ],
            })}${this.#requests.moreButton()}`,
      )}`;
  }

  #actions(request: Request): TemplateResult | typeof nothing {
    const texts = d().privacy;
    const faces =
      request.kind === 'hide'
        ? html`<a class="btn btn-line" href="/admin/privacy/${request.id}">${texts.look}</a>`
        : nothing;
    if (request.status === 'completed' || request.status === 'rejected') return faces;
    return html`<span class="desk-actions end-actions">${faces}
      ${
        request.status === 'received'
          ? html`<button class="btn btn-line" @click=${() => void this.#decide(request, 'in_progress')}>${texts.take}</button>`
          : nothing
      }
      <button class="btn btn-solid" @click=${() => void this.#decide(request, 'completed')}>${texts.complete}</button>
      <button class="btn btn-quiet" @click=${() => void this.#decide(request, 'rejected')}>${texts.reject}</button>
    </span>`;
  }

  async #decide(request: Request, status: 'in_progress' | 'completed' | 'rejected'): Promise<void> {
    const texts = d().privacy;
    const erases = status === 'completed' && request.kind === 'erasure';
    const labels = { in_progress: texts.take, completed: texts.complete, rejected: texts.reject };
    await ask({
      title: `${texts.kinds[request.kind]}: ${labels[status]}`,
      body: erases ? texts.erases : request.details,
      fields: [
        {
          name: 'decision',
          label: texts.answer,
          kind: 'area',
          maxlength: 4000,
          required: status === 'rejected',
        },
      ],
      action: erases ? texts.eraseNow : labels[status],
      danger: erases || status === 'rejected',
      run: async ({ decision }) => {
        this.#requests.replace(
          await call<typeof privacy.adminDecidePrivacyRequest>('PUT', '/api/admin/privacy-requests/:id', {
            params: { id: request.id },
            body: { status, decision: decision || undefined },
          }),
        );
      },
    });
  }
}
