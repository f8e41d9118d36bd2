import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { location } from '../../context/router.ts';
import { accountUser, session } from '../../data/session.ts';
import type { Role } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { lang, setLang, t } from '../../i18n/i18n.ts';
import { PxElement } from '../element.ts';
import { type IconName, icon } from '../px-icon.ts';
import { emptyState, skeletonLines } from '../states.ts';
import './frame.css';
import './desk.css';
import './pages.css';

export interface DeskLink {
  href: string;
  label: string;
  icon: IconName;
  /** Addresses below it that light it too, beyond those that begin with `href`. */
  also?: readonly string[];
  /** Only lit by exactly its own address. */
  exact?: boolean;
}
export interface DeskGroup {
  label?: string;
  links: readonly DeskLink[];
}

/** The frame of a desk: sidebar on wide screens, drawer on phones, and the door: only the given roles come in. */
@customElement('px-desk')
export class PxDesk extends PxElement {
  @property() heading = '';
  @property({ attribute: false }) roles: readonly Role[] = [];
  @property({ attribute: false }) groups: readonly DeskGroup[] = [];
  @property({ attribute: false }) content: () => TemplateResult = () => html``;
  @query('dialog.desk-drawer') private drawer!: HTMLDialogElement;

  constructor() {
    super();
    this.watch(session);
    this.watch(location);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#onKey);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.#onKey);
  }

  protected override render(): TemplateResult {
    const user = accountUser();
    const allowed = user && (this.roles.includes(user.role) || user.role === 'admin');
    return html`<div class="desk">
      <aside class="desk-side">${this.#side(Boolean(allowed))}</aside>
      <dialog
        class="desk-drawer"
        aria-label=${d().common.menu}
        @click=${(event: Event) => {
          if (event.target === this.drawer || (event.target as HTMLElement).closest('a')) this.drawer.close();
        }}
      >
        <div class="desk-side">${this.#side(Boolean(allowed))}</div>
      </dialog>
      <div class="desk-main">
        <header class="desk-top">
          <button class="btn btn-icon" aria-label=${d().common.menu} @click=${() => this.drawer.showModal()}>
            ${icon('menu')}
          </button>
          <a href="/" class="desk-brand"><img src="/icons/icon.svg" alt="" width="26" height="26" />${this.heading}</a>
          <span class="desk-top-end"></span>
        </header>
        <div class="desk-page">${allowed ? this.content() : this.#door()}</div>
      </div>
    </div>`;
  }

  #side(allowed: boolean): TemplateResult {
    const path = location.value.path;
    const lit = (link: DeskLink): boolean =>
      path === link.href ||
      (!link.exact && path.startsWith(`${link.href}/`)) ||
      (link.also ?? []).some((other) => path.startsWith(other));
    return html`<a class="desk-brand" href="/"
        ><img src="/icons/icon.svg" alt="" width="28" height="28" /><span>ThePixStock<small>${this.heading}</small></span></a
      >
      <nav aria-label=${d().common.menu}>
        ${
          allowed
            ? this.groups.map(
                (group) => html`${group.label ? html`<p class="desk-group">${group.label}</p>` : nothing}
                  <ul>
                    ${group.links.map(
                      (link) => html`<li>
                        <a href=${link.href} aria-current=${lit(link) ? 'page' : nothing}>${icon(link.icon)}${link.label}</a>
                      </li>`,
                    )}
                  </ul>`,
              )
            : nothing
        }
      </nav>
      <div class="desk-foot">
        <a href="/account">${icon('user')}<span>${accountUser()?.name ?? t().app.account}</span></a>
        <button lang=${lang.value === 'th' ? 'en' : 'th'} @click=${() => setLang(lang.value === 'th' ? 'en' : 'th')}>
          ${icon('globe')}${t().app.switchTo}
        </button>
      </div>`;
  }

  #door(): TemplateResult {
    const { user, known } = session.value;
    if (!known) return skeletonLines(5);
    const here = location.value.path + (location.value.query.size > 0 ? `?${location.value.query}` : '');
    if (!user || user.isGuest)
      return emptyState({
        drawing: 'face',
        title: d().door.signIn,
        body: d().door.signInBody,
        action: html`<a class="btn btn-solid" href="/sign-in?next=${encodeURIComponent(here)}">${t().app.signIn}</a>`,
      });
    return emptyState({
      drawing: 'slipped',
      title: d().door.notYours,
      body: d().door.notYoursBody,
      action: html`<a class="btn btn-line" href="/">${t().app.home}</a>`,
    });
  }

  /** J and K walk the rows of a list, `/` jumps to its search. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as HTMLElement).closest('input, textarea, select, dialog, [data-own-keys]')) return;
    if (event.key === '/') {
      const search = this.querySelector<HTMLElement>('input[type="search"]');
      if (!search) return;
      event.preventDefault();
      search.focus();
    } else if (event.key === 'j' || event.key === 'k') {
      const rows = [...this.querySelectorAll<HTMLElement>('[data-row]')];
      if (rows.length === 0) return;
      const at = rows.indexOf(document.activeElement as HTMLElement);
      rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === 'j' ? 1 : -1)))]?.focus();
    }
  };
}
