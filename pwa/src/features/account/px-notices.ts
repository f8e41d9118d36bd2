import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { type IconName, icon } from '../../components/px-icon.ts';
import { emptyState, errorState, skeletonLines } from '../../components/states.ts';
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

/** What happened, newest first; looking at it is reading it. Grows while one looks. */
@customElement('px-notices')
export class PxNotices extends PxElement {
  @state() private notices: readonly InboxNotice[] | null = null;
  @state() private nextCursor: string | null = null;
  @state() private problem: unknown = null;
  /** New when the page was opened: marked as such as long as it is. */
  readonly #fresh = new Set<string>();
  #stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
    if (session.value.user)
      this.#stop = onNotice((notice) => {
        if (notice.type === 'inbox.changed') void this.#load();
      });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#stop = null;
  }

  async #load(): Promise<void> {
    this.problem = null;
    if (!session.value.user) {
      this.notices = [];
      return;
    }
    try {
      const page = await loadNotices();
      this.#take(page.items);
      const known = new Set(page.items.map(({ id }) => id));
      this.notices = [...page.items, ...(this.notices ?? []).filter(({ id }) => !known.has(id))];
      this.nextCursor ??= page.nextCursor;
      if (page.unread > 0 && document.visibilityState === 'visible') await readAllNotices();
    } catch (error) {
      if (!this.notices) this.problem = error;
    }
  }

  #take(items: readonly InboxNotice[]): void {
    for (const { id, readAt } of items) if (readAt === null) this.#fresh.add(id);
  }

  async #more(): Promise<void> {
    try {
      const page = await loadNotices(this.nextCursor ?? undefined);
      this.#take(page.items);
      this.notices = [...(this.notices ?? []), ...page.items];
      this.nextCursor = page.nextCursor;
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }

  protected override render(): TemplateResult {
    const texts = p().notices;
    const settings = html`<a class="btn btn-line" href="/account/notifications" data-replace>${icon('bell')}${texts.settings}</a>`;
    if (this.problem) return errorState(this.problem, () => void this.#load());
    if (!this.notices) return skeletonLines(5);
    if (this.notices.length === 0)
      return emptyState({ drawing: 'frames', title: texts.none, body: texts.noneBody, action: settings });
    return html`<div class="notices">
      <p class="spread">
        <span class="soft small">${accountUser() ? nothing : texts.guest}</span>${settings}
      </p>
      <ul aria-live="polite">
        ${this.notices.map((notice) => this.#notice(notice))}
      </ul>
      ${
        this.nextCursor
          ? html`<button class="btn btn-line" @click=${() => this.#more()}>${texts.more}</button>`
          : nothing
      }
    </div>`;
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
