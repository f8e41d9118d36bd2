import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import type * as events from '#contracts/http/events.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, selectField } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';

type Member = ItemOf<typeof events.getEventStaff>;
type User = ItemOf<typeof admin.listUsers>;

/** Photographers and organizers of one event; each change is saved at once. */
@customElement('px-event-staff')
export class PxEventStaff extends PxElement {
  @property() eventId = '';
  @state() private newRole: Member['role'] = 'photographer';
  readonly #staff = new Loader<readonly Member[]>(
    this,
    async () =>
      (await call<typeof events.getEventStaff>('GET', '/api/events/:id/staff', { params: { id: this.eventId } })).items,
  );
  readonly #people = new Loader<Record<Member['role'], readonly User[]>>(this, async () => {
    const [photographer, organizer] = await Promise.all(
      (['photographer', 'organizer'] as const).map(
        async (role) =>
          (await call<typeof admin.listUsers>('GET', '/api/admin/users', { query: { role, limit: 100 } })).items,
      ),
    );
    return { photographer: photographer!, organizer: organizer! };
  });

  protected override render(): TemplateResult {
    const texts = d().staff;
    return html`<h2 class="section-title">${texts.title}</h2>
      ${this.#staff.view(
        (staff) => html`${
          staff.length === 0
            ? html`<p class="soft">${texts.none}</p>`
            : html`<ul class="list">
              ${staff.map(
                (member) => html`<li class="spread staff-row">
                  <span>${member.name}<small>${texts.roles[member.role]} · ${member.email}</small></span>
                  <button
                    class="btn btn-icon"
                    aria-label=${texts.remove(member.name)}
                    @click=${() => void this.#save(staff.filter((other) => other !== member))}
                  >
                    ${icon('close')}
                  </button>
                </li>`,
              )}
            </ul>`
        }
        ${this.#adder(staff)}`,
      )}`;
  }

  #adder(staff: readonly Member[]): TemplateResult {
    const texts = d().staff;
    return this.#people.view((people) => {
      const there = new Set(staff.filter((member) => member.role === this.newRole).map((member) => member.userId));
      const free = people[this.newRole].filter((user) => !there.has(user.id) && !user.banned);
      return html`<form
        class="stack"
        @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          const userId = String(new FormData(event.target as HTMLFormElement).get('staff-user') ?? '');
          if (userId) void this.#save([...staff, { userId, role: this.newRole }]);
        }}
      >
        <div class="desk-fields">
          ${selectField({
            name: 'staff-role',
            label: texts.role,
            value: this.newRole,
            options: (['photographer', 'organizer'] as const).map((value) => ({ value, label: texts.roles[value] })),
            onChange: (value) => {
              this.newRole = value as Member['role'];
            },
          })}
          ${selectField({
            name: 'staff-user',
            label: texts.person,
            value: '',
            options: free.map((user) => ({ value: user.id, label: `${user.name} (${user.email ?? ''})` })),
          })}
        </div>
        <div><button class="btn btn-line" ?disabled=${free.length === 0}>${icon('plus')}${texts.add}</button></div>
        ${free.length === 0 ? html`<p class="small soft">${texts.nobodyFree} <a href="/admin/users">${d().admin.nav.users}</a></p>` : ''}
      </form>`;
    });
  }

  async #save(staff: readonly Pick<Member, 'userId' | 'role'>[]): Promise<void> {
    await act(async () => {
      const { items } = await call<typeof events.setEventStaff>('PUT', '/api/events/:id/staff', {
        params: { id: this.eventId },
        body: { staff: staff.map(({ userId, role }) => ({ userId, role })) },
      });
      this.#staff.set(items);
    }, d().common.saved);
  }
}
