import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { icon } from '../components/px-icon.ts';
import { cart } from '../context/cart.ts';
import { favorites } from '../context/favorites.ts';
import { unread } from '../data/inbox.ts';
import { accountUser, session } from '../data/session.ts';
import type { Role } from '../data/types.ts';
import { lang, setLang, t } from '../i18n/i18n.ts';

const deskOf: Partial<Record<Role, string>> = { photographer: '/studio', admin: '/admin', organizer: '/organizer' };

/** The mark: four corners of a viewfinder around one point of gold. */
export const mark = html`<svg class="mark" viewBox="0 0 32 32" fill="none" aria-hidden="true">
  <path
    d="M4 11V7a3 3 0 0 1 3-3h4M21 4h4a3 3 0 0 1 3 3v4M28 21v4a3 3 0 0 1-3 3h-4M11 28H7a3 3 0 0 1-3-3v-4"
    stroke="currentColor"
    stroke-width="2.25"
    stroke-linecap="round"
  />
  <circle cx="16" cy="16" r="5" fill="var(--gold)" />
</svg>`;

@customElement('px-header')
export class PxHeader extends PxElement {
  static override readonly later = true;

  constructor() {
    super();
    this.watch(session);
    this.watch(cart);
    this.watch(favorites);
    this.watch(unread);
  }

  protected override render(): TemplateResult {
    const texts = t().app;
    const user = accountUser();
    const desk = user && deskOf[user.role];
    const count = cart.value.lines.length;
    return html`<header>
      <a class="brand" href="/" aria-label=${`${texts.name}, ${texts.home}`}>${mark}<span>ThePixStock</span></a>
      <nav aria-label=${texts.menu}>
        ${desk ? html`<a class="btn btn-quiet desk" href=${desk}>${texts.desk}</a>` : nothing}
        <button
          class="btn btn-quiet lang"
          lang=${lang.value === 'th' ? 'en' : 'th'}
          aria-label="${texts.switchShort}, ${texts.switchTo}"
          @click=${() => setLang(lang.value === 'th' ? 'en' : 'th')}
        >
          ${texts.switchShort}
        </button>
        ${this.#heart()}
        <a class="btn btn-icon cart" href="/cart" aria-label=${texts.cartCount(count)}>
          ${icon('cart')}${count > 0 ? html`<span class="count num" aria-hidden="true">${count}</span>` : nothing}
        </a>
        ${session.value.user ? this.#bell() : nothing}
        <a class="btn btn-icon" href=${user ? '/account' : '/sign-in'} aria-label=${user ? texts.account : texts.signIn}>
          ${icon('user')}
        </a>
      </nav>
    </header>`;
  }

  /** Once there is something to find behind it; the account leads there always. */
  #heart(): TemplateResult | typeof nothing {
    const count = favorites.value.marks.length;
    if (count === 0) return nothing;
    return html`<a class="btn btn-icon favorites" href="/favorites" aria-label=${t().favorites.header(count)}>
      ${icon('heart')}<span class="count num" aria-hidden="true">${count > 99 ? '99+' : count}</span>
    </a>`;
  }

  #bell(): TemplateResult {
    const count = unread.value;
    return html`<a class="btn btn-icon bell" href="/account/notices" aria-label=${t().app.noticesCount(count)}>
      ${icon('bell')}${count > 0 ? html`<span class="count num" aria-hidden="true">${count > 99 ? '99+' : count}</span>` : nothing}
    </a>`;
  }
}
