import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as face from '#contracts/http/face.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { faceCrop } from './face-crop.ts';
import './faces.css';

type Groups = Answer<typeof face.listFaceGroups>;
type Group = Groups['items'][number];
type Members = Answer<typeof face.listGroupFaces>;

/** Who appears how often in an event: groups to put together, take apart and name; one of them opened with `groupId`. */
@customElement('px-admin-faces')
export class PxAdminFaces extends PxElement {
  @property() eventId = '';
  @property() groupId = '';
  @state() private chosen: readonly string[] = [];
  #cursor: string | null = null;
  readonly #groups = new Loader<Groups>(this, () => this.#page(null));
  readonly #members = new Loader<Members | null>(this, async () =>
    this.groupId
      ? await call<typeof face.listGroupFaces>('GET', '/api/face/groups/:id/faces', {
          params: { id: this.groupId },
          query: { limit: 500 },
        })
      : null,
  );

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#key);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#key);
  }
  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('groupId') || changed.get('groupId') === undefined) return;
    this.chosen = [];
    void this.#members.reload({ fresh: true });
    void this.#groups.reload();
  }

  #page(cursor: string | null): Promise<Groups> {
    return call<typeof face.listFaceGroups>('GET', '/api/face/groups', {
      query: { eventId: this.eventId, limit: 60, ...(cursor && { cursor }) },
    });
  }
  async #more(): Promise<void> {
    const before = this.#groups.value;
    this.#cursor = before?.nextCursor ?? null;
    if (!before || !this.#cursor) return;
    const next = await this.#page(this.#cursor);
    this.#groups.set({ ...next, items: [...before.items, ...next.items] });
  }

  protected override render(): TemplateResult {
    const texts = d().faces;
    const members = this.groupId ? this.#members.value : null;
    const undoable = this.#groups.value?.undoable;
    return html`<div class="stack">
      ${pageHead({
        title: members ? (members.group.label ?? texts.unnamed) : texts.title,
        lead: members ? texts.splitHint : texts.lead,
        back: this.groupId
          ? { href: `/admin/events/${this.eventId}/faces`, label: texts.title }
          : { href: `/admin/events/${this.eventId}`, label: d().admin.nav.events },
        actions: html`${
          undoable
            ? html`<button class="btn btn-line" @click=${() => void this.#undo()}>
                ${icon('arrow-left')}${texts.undoKinds[undoable.kind]}
              </button>`
            : nothing
        }${
          members
            ? html`<button class="btn btn-line" @click=${() => void this.#name(members.group)}>
                ${icon('edit')}${texts.name}
              </button>`
            : html`<button class="btn btn-line" @click=${() => void this.#regroup()}>
                ${icon('refresh')}${texts.group}
              </button>`
        }`,
      })}
      ${this.groupId ? this.#members.view((value) => (value ? this.#faces(value) : nothing)) : this.#groups.view((value) => this.#list(value))}
      ${this.chosen.length > 0 ? this.#bar() : nothing}
    </div>`;
  }

  #list({ items, nextCursor }: Groups): TemplateResult {
    const texts = d().faces;
    if (items.length === 0) return html`${emptyState({ drawing: 'face', title: texts.none })}`;
    return html`<p class="soft small face-keys">${texts.keys}</p>
      <div class="face-groups">
        ${items.map((group) => {
          const name = group.label ?? texts.unnamed;
          return html`<div class="face-tile" data-group=${group.id}>
            ${
              group.cover
                ? faceCrop(group.cover, {
                    label: texts.select(`${name}, ${texts.seen(group.photoCount)}`),
                    chosen: this.chosen.includes(group.id),
                    choose: () => this.#toggle(group.id),
                  })
                : nothing
            }
            <a href="/admin/events/${this.eventId}/faces/${group.id}">${name}</a>
            <small class="soft num">${texts.seen(group.photoCount)}</small>
          </div>`;
        })}
      </div>
      ${
        nextCursor
          ? html`<div class="desk-more">
              <button class="btn btn-line" @click=${() => void this.#more()}>${d().common.more}</button>
            </div>`
          : nothing
      }`;
  }

  #faces({ items }: Members): TemplateResult {
    const texts = d().faces;
    return html`<div class="face-groups">
      ${items.map(
        (item, index) => html`<div class="face-tile">
          ${faceCrop(item, {
            label: texts.select(String(index + 1)),
            chosen: this.chosen.includes(item.faceId),
            choose: () => this.#toggle(item.faceId),
          })}
          ${item.source === 'admin' ? html`<small class="soft">${texts.byAdmin}</small>` : nothing}
        </div>`,
      )}
    </div>`;
  }

  #bar(): TemplateResult {
    const texts = d().faces;
    return html`<div class="desk-card face-bar spread" role="status">
      <span>${texts.chosen(this.chosen.length)}</span>
      <span class="desk-actions">
        <button class="btn btn-quiet" @click=${() => (this.chosen = [])}>${texts.clear}</button>
        ${
          this.groupId
            ? html`<button class="btn btn-solid" @click=${() => void this.#split()}>${texts.split}</button>`
            : html`<button class="btn btn-solid" ?disabled=${this.chosen.length < 2} @click=${() => void this.#merge()}>
                ${texts.merge}
              </button>`
        }
      </span>
    </div>`;
  }

  #toggle(id: string): void {
    this.chosen = this.chosen.includes(id) ? this.chosen.filter((other) => other !== id) : [...this.chosen, id];
  }

  /** Says what happened with the way back. */
  #withUndo(message: string): void {
    toast(message, { kind: 'success', action: { label: d().faces.undo, run: () => void this.#undo() } });
  }
  async #merge(): Promise<void> {
    // Into the group that is seen most.
    const order = this.#groups.value?.items.map(({ id }) => id) ?? [];
    const [into, ...others] = [...this.chosen].sort((a, b) => order.indexOf(a) - order.indexOf(b));
    if (!into || others.length === 0) return;
    const done = await act(() =>
      call<typeof face.mergeFaceGroups>('POST', '/api/face/groups/:id/merge', {
        params: { id: into },
        body: { groupIds: others },
      }),
    );
    if (!done) return;
    this.chosen = [];
    this.#withUndo(d().faces.merged);
    await this.#groups.reload();
  }
  async #split(): Promise<void> {
    const done = await act(() =>
      call<typeof face.splitFaceGroup>('POST', '/api/face/groups/:id/split', {
        params: { id: this.groupId },
        body: { faceIds: [...this.chosen] },
      }),
    );
    if (!done) return;
    this.chosen = [];
    this.#withUndo(d().faces.splitDone);
    await Promise.all([this.#members.reload(), this.#groups.reload()]);
  }
  async #undo(): Promise<void> {
    const done = await act(
      () => call<typeof face.undoFaceGroups>('POST', '/api/face/groups/undo', { body: { eventId: this.eventId } }),
      d().faces.undone,
    );
    if (done) await Promise.all([this.#groups.reload(), this.#members.reload()]);
  }
  async #regroup(): Promise<void> {
    await act(
      () => call<typeof face.groupFaces>('POST', '/api/face/group', { body: { eventId: this.eventId } }),
      d().faces.grouping,
    );
  }
  async #name(group: Group): Promise<void> {
    const done = await ask({
      title: d().faces.name,
      fields: [{ name: 'label', label: d().faces.name, value: group.label ?? '', maxlength: 100 }],
      action: d().common.save,
      run: ({ label }) =>
        call<typeof face.labelFaceGroup>('PUT', '/api/face/groups/:id', {
          params: { id: group.id },
          body: { label: label || null },
        }),
    });
    if (done) await Promise.all([this.#members.reload(), this.#groups.reload()]);
  }

  /** Arrows walk the faces, Enter opens a group, M joins the chosen ones, U takes back. */
  readonly #key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, px-ask')) return;
    const key = event.key.toLowerCase();
    if (key === 'm' && !this.groupId) void this.#merge();
    else if (key === 'u' && this.#groups.value?.undoable) void this.#undo();
    else if (key === 'enter' && target.matches('[data-face]') && !this.groupId) {
      event.preventDefault();
      const id = target.closest<HTMLElement>('[data-group]')?.dataset.group;
      if (id) navigate(`/admin/events/${this.eventId}/faces/${id}`);
    } else if (key.startsWith('arrow')) this.#walk(event, target);
  };
  #walk(event: KeyboardEvent, target: HTMLElement): void {
    const all = [...this.renderRoot.querySelectorAll<HTMLElement>('[data-face]')];
    const at = all.indexOf(target);
    if (all.length === 0 || (at === -1 && target !== document.body)) return;
    const perRow = all.findIndex((tile) => tile.getBoundingClientRect().top > all[0]!.getBoundingClientRect().top);
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
    const next = all[at === -1 ? 0 : at + (steps[event.key] ?? 0)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
