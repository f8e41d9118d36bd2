import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import type * as messages from '#contracts/http/messages.ts';
import { Pager } from '../../components/desk/loader.ts';
import { dataTable, pageHead, queryTabs, searchBox, stateBadge } from '../../components/desk/parts.ts';
import { emptyState } from '../../components/states.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { actionText, subjectText } from './log-text.ts';

type Log = ItemOf<typeof admin.listLogs>;
type Message = ItemOf<typeof messages.listMessages>;
const areas = [
  'auth',
  'user',
  'event',
  'photo',
  'order',
  'payment',
  'refund',
  'payout',
  'settings',
  'privacy',
] as const;

/** The audit trail: who did what to which thing. */
@customElement('px-admin-logs')
export class PxAdminLogs extends FilteredPage {
  protected readonly filters = ['action', 'q'];
  readonly #logs = new Pager<Log>(this, (cursor) =>
    call<typeof admin.listLogs>('GET', '/api/admin/logs', {
      query: { action: this.filter('action'), subjectId: this.filter('q'), limit: 60, cursor },
    }),
  );

  protected refresh(): void {
    void this.#logs.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().logs;
    return html`${pageHead({ title: texts.title, lead: texts.lead })}
      <div class="desk-tools">
        ${queryTabs(
          'action',
          [
            { value: '', label: d().common.all },
            ...areas.map((area) => ({ value: `${area}.`, label: texts.areas[area] })),
          ],
          d().common.filter,
        )}
        ${searchBox(texts.search)}
      </div>
      ${this.#logs.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'frames', title: d().common.noMatch })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (entry) => entry.id,
              columns: [
                {
                  label: texts.what,
                  cell: (entry) => html`<span class="nowrap" title=${entry.action}>${actionText(entry.action)}</span>`,
                },
                {
                  label: texts.who,
                  cell: (entry) => html`<span class="nowrap">${entry.actorName ?? d().dashboard.system}</span>`,
                },
                {
                  label: texts.subject,
                  cell: (entry) =>
                    entry.subjectId
                      ? html`<span class="nowrap" title=${entry.subjectId}>${subjectText(entry.subjectKind)} <span class="soft num">${entry.subjectId.slice(0, 8)}</span></span>`
                      : '–',
                },
                {
                  label: texts.details,
                  wide: true,
                  cell: (entry) => html`<code class="details">${detailsOf(entry)}</code>`,
                },
                {
                  label: d().common.date,
                  end: true,
                  cell: (entry) => html`<span class="nowrap">${formatDateTime(entry.createdAt)}</span>`,
                },
              ],
            })}${this.#logs.moreButton()}`,
      )}`;
  }
}

const detailsOf = (entry: Log): string =>
  Object.entries(entry.details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('  ');

const statuses = ['queued', 'sent', 'failed'] as const;

/** Every e-mail with its delivery. */
@customElement('px-admin-messages')
export class PxAdminMessages extends FilteredPage {
  protected readonly filters = ['status'];
  readonly #messages = new Pager<Message>(this, (cursor) =>
    call<typeof messages.listMessages>('GET', '/api/admin/messages', {
      query: { status: this.filter('status'), limit: 60, cursor },
    }),
  );

  protected refresh(): void {
    void this.#messages.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().messages;
    const names: Record<string, string> = d().emails.templates;
    return html`${pageHead({ title: texts.title })}
      ${queryTabs(
        'status',
        [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
        d().common.filter,
      )}
      ${this.#messages.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'frames', title: this.filter('status') ? d().common.noMatch : texts.none })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (message) => message.id,
              columns: [
                { label: texts.template, cell: (message) => names[message.template] ?? message.template },
                { label: texts.recipient, cell: (message) => message.recipient },
                { label: texts.channel, cell: (message) => texts.channels[message.channel] },
                { label: texts.language, wide: true, cell: (message) => d().emails.languages[message.language] },
                {
                  label: d().common.status,
                  cell: (message) =>
                    html`${stateBadge(
                      texts.states[message.status],
                      message.status === 'sent' ? 'success' : message.status === 'failed' ? 'error' : 'warning',
                    )}${message.error ? html`<small>${message.error}</small>` : nothing}`,
                },
                {
                  label: d().common.date,
                  end: true,
                  cell: (message) => formatDateTime(message.sentAt ?? message.createdAt),
                },
              ],
            })}${this.#messages.moreButton()}`,
      )}`;
  }
}
