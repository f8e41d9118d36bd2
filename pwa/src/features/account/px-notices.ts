import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { Loader, ofMine } from '../../components/loader.ts';
import { type IconName, icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { type InboxNotice, loadNotices, readAllNotices } from '../../data/inbox.ts';
import { onNotice } from '../../data/notices.ts';
import { accountUser, session } from '../../data/session.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { lang } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';

const signs: Record<InboxNotice['kind'], IconName> = {
  photos: 'face',
  order: 'receipt',
  announcement: 'megaphone',
  earnings: 'wallet',
};

interface Inbox {
  items: readonly InboxNotice[];
  nextCursor: string | null;
}

/** What happened, newest first; looking at it is reading it. Grows while one looks. */
@customElement('px-notices')
export class PxNotices extends PxElement {
  /** New when the page was opened: marked as such as long as it is. */
  readonly #fresh = new Set<string>();
  #stop: (() => void) | null = null;
  readonly #inbox = new Loader<Inbox>(this, () => ofMine({ items: [], nextCursor: null }, () => this.#load()));

  override connectedCallback(): void {
    super.connectedCallback();
    if (session.value.user)
      this.#stop = onNotice((notice) => {
        if (notice.type === 'inbox.changed') void this.#inbox.reload();
      });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#stop = null;
  }

  /** The newest page, before what was read further down already. */
  async #load(): Promise<Inbox> {
    const page = await loadNotices();
    this.#take(page.items);
    if (page.unread > 0 && document.visibilityState === 'visible') await readAllNotices();
    const before = this.#inbox.value;
    const known = new Set(page.items.map(({ id }) => id));
    return {
      items: [...page.items, ...(before?.items ?? []).filter(({ id }) => !known.has(id))],
      nextCursor: before ? before.nextCursor : page.nextCursor,
    };
  }

  #take(items: readonly InboxNotice[]): void {
    for (const { id, readAt } of items) if (readAt === null) this.#fresh.add(id);
  }

  async #more({ items, nextCursor }: Inbox): Promise<void> {
    try {
      const page = await loadNotices(nextCursor ?? undefined);
      this.#take(page.items);
      this.#inbox.set({ items: [...items, ...page.items], nextCursor: page.nextCursor });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }

  protected override render(): TemplateResult {
    const texts = p().notices;
    const settings = html`<a class="btn btn-line" href="/account/notifications" data-replace>${icon('bell')}${texts.settings}</a>`;
    return this.#inbox.view((inbox) =>
      inbox.items.length === 0
        ? emptyState({ drawing: 'frames', title: texts.none, body: texts.noneBody, action: settings })
        : html`<div class="notices">
            <p class="spread">
              <span class="soft small">${accountUser() ? nothing : texts.guest}</span>${settings}
            </p>
            <ul aria-live="polite">
              ${inbox.items.map((notice) => this.#notice(notice))}
            </ul>
            ${
              inbox.nextCursor
                ? html`<button class="btn btn-line" @click=${() => this.#more(inbox)}>${texts.more}</button>`
                : nothing
            }
          </div>`,
    );
  }

  #notice(notice: InboxNotice): TemplateResult {
    const isThai = lang.value === 'th';
    const isNew = this.#fresh.has(notice.id);
    return html`<li>
      <a class="notice ${isNew ? 'is-new' : ''}" href=${notice.path}>
        ${icon(signs[notice.kind])}
        <span>
          <strong>${isThai ? notice.titleTh : notice.titleEn}</strong>
          <span class="notice-body">${isThai ? notice.bodyTh : notice.bodyEn}</span>
          <small class="soft num">${formatDateTime(notice.createdAt)}</small>
        </span>
        ${isNew ? html`<span class="badge">${p().notices.unread}</span>` : nothing}
        ${icon('chevron-right', '')}
      </a>
    </li>`;
  }
}
