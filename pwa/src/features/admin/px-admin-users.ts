import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import type { Role } from '#contracts/http/route.ts';
import { ask } from '../../components/desk/ask.ts';
import { Pager } from '../../components/desk/loader.ts';
import { dataTable, pageHead, queryTabs, searchBox, stateBadge } from '../../components/desk/parts.ts';
import { emptyState } from '../../components/states.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { accountUser } from '../../data/session.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatNumber } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';

type User = ItemOf<typeof admin.listUsers>;
const roles = ['customer', 'photographer', 'organizer', 'admin'] as const;

@customElement('px-admin-users')
export class PxAdminUsers extends FilteredPage {
  protected readonly filters = ['role', 'q'];
  readonly #users = new Pager<User>(this, (cursor) =>
    call<typeof admin.listUsers>('GET', '/api/admin/users', {
      query: { role: this.filter('role'), q: this.filter('q'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#users.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().users;
    return html`${pageHead({ title: texts.title })}
      <div class="desk-tools">
        ${queryTabs(
          'role',
          [{ value: '', label: d().common.all }, ...roles.map((value) => ({ value, label: texts.tabs[value] }))],
          texts.role,
        )}
        ${searchBox(texts.search)}
      </div>
      ${this.#users.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'face', title: d().common.noMatch })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (user) => user.id,
              columns: [
                { label: d().common.name, cell: (user) => html`<b>${user.name}</b><small>${user.email ?? ''}</small>` },
                {
                  label: texts.role,
                  cell: (user) =>
                    html`<button class="link" @click=${() => void this.#role(user)} aria-label="${texts.roles[user.role]} · ${texts.changeRole(user.name)}">
                      ${texts.roles[user.role]}
                    </button>`,
                },
                { label: texts.orders, end: true, wide: true, cell: (user) => formatNumber(user.paidOrders) },
                { label: texts.since, wide: true, cell: (user) => formatDateShort(user.createdAt) },
                {
                  label: texts.seen,
                  wide: true,
                  cell: (user) => (user.lastSeenAt ? formatDateShort(user.lastSeenAt) : '–'),
                },
                {
                  label: d().common.status,
                  cell: (user) =>
                    user.banned
                      ? stateBadge(texts.banned, 'error')
                      : user.emailVerified
                        ? stateBadge(texts.active, 'success')
                        : stateBadge(texts.unverified, 'warning'),
                },
                {
                  label: '',
                  end: true,
                  cell: (user) =>
                    user.id === accountUser()?.id
                      ? html`<span class="soft">${texts.you}</span>`
                      : html`<button class="btn btn-line" @click=${() => void this.#ban(user)}>
                        ${user.banned ? texts.unban : texts.ban}
                      </button>`,
                },
              ],
            })}${this.#users.moreButton()}`,
      )}`;
  }

  async #role(user: User): Promise<void> {
    const texts = d().users;
    await ask({
      title: texts.changeRole(user.name),
      body: texts.roleHint,
      fields: [
        {
          name: 'role',
          label: texts.role,
          kind: 'select',
          value: user.role,
          options: roles.map((value) => ({ value, label: texts.roles[value] })),
        },
      ],
      action: d().common.save,
      run: async ({ role }) => {
        this.#users.replace(
          await call<typeof admin.setUserRole>('PUT', '/api/admin/users/:id/role', {
            params: { id: user.id },
            body: { role: role as Role },
          }),
        );
      },
    });
  }

  async #ban(user: User): Promise<void> {
    const texts = d().users;
    const banned = !user.banned;
    await ask({
      title: banned ? texts.banTitle(user.name) : texts.unbanTitle(user.name),
      body: banned ? texts.banBody : nothing,
      fields: banned ? [{ name: 'reason', label: d().events.reason, kind: 'area', maxlength: 500 }] : [],
      action: banned ? texts.ban : texts.unban,
      danger: banned,
      run: async ({ reason }) => {
        this.#users.replace(
          await call<typeof admin.setUserBan>('PUT', '/api/admin/users/:id/ban', {
            params: { id: user.id },
            body: { banned, reason: reason || undefined },
          }),
        );
      },
    });
  }
}
