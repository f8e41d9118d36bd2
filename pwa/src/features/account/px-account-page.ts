import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { type IconName, icon } from '../../components/px-icon.ts';
import { setTitle } from '../../context/surface.ts';
import { accountUser, session } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { signOut } from '../auth/sign-out.ts';
import './account.css';
import './px-my-data.ts';
import './px-my-orders.ts';
import './px-my-photos.ts';
import './px-notices.ts';
import './px-notifications.ts';
import './px-profile.ts';
import './px-security.ts';

type View = '' | 'photos' | 'orders' | 'notices' | 'notifications' | 'security' | 'profile' | 'privacy';

const tabs: readonly { view: Exclude<View, '' | 'notifications' | 'security'>; icon: IconName }[] = [
  { view: 'photos', icon: 'gallery' },
  { view: 'orders', icon: 'receipt' },
  { view: 'notices', icon: 'bell' },
  { view: 'profile', icon: 'user' },
  { view: 'privacy', icon: 'shield' },
];

const tabOf = (view: View): View =>
  view === '' ? 'photos' : view === 'notifications' ? 'notices' : view === 'security' ? 'profile' : view;

/** The person's own corner: photos, orders, profile, data. Guests see what hangs on their session. */
@customElement('px-account-page')
export class PxAccountPage extends PxElement {
  @property() view: View = '';
  /** Of the library: the photo that has the screen to itself. */
  @property() photoId = '';

  constructor() {
    super();
    this.watch(session);
  }

  /** On a phone the row of tabs is longer than the screen: the one that is open is in sight. */
  protected override updated(changed: PropertyValues): void {
    if (!changed.has('view')) return;
    const row = this.querySelector<HTMLElement>('.tabs');
    const open = row?.querySelector<HTMLElement>('[aria-current="page"]');
    if (row && open) row.scrollLeft = open.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
  }

  protected override render(): TemplateResult {
    const texts = t().account;
    const user = accountUser();
    setTitle(this.view ? texts[this.view] : texts.title);
    return html`<div class="page account">
      <header class="account-head">
        <div>
          <h1 class="page-title">${user?.name ? texts.hello(user.name) : texts.title}</h1>
          ${user ? html`<p class="soft small">${user.email}</p>` : nothing}
        </div>
        ${
          user
            ? html`<button class="btn btn-line" @click=${signOut} title=${texts.signOutHint}>${texts.signOut}</button>`
            : nothing
        }
      </header>
      ${
        user
          ? nothing
          : html`<div class="card guest">
            <p><strong>${texts.guest}</strong><br /><span class="soft">${texts.guestBody}</span></p>
            <p class="row">
              <a class="btn btn-solid" href="/sign-in?next=/account">${t().app.signIn}</a
              ><a class="btn btn-line" href="/register?next=/account">${t().auth.register}</a>
            </p>
          </div>`
      }
      <nav class="tabs" aria-label=${texts.title}>
        ${tabs.map(
          (tab) => html`<a
            href="/account/${tab.view}"
            data-replace
            aria-current=${tab.view === tabOf(this.view) ? 'page' : 'false'}
            >${icon(tab.icon)}${texts[tab.view]}</a
          >`,
        )}
        <a href="/favorites">${icon('heart')}${t().favorites.title}</a>
      </nav>
      ${this.#body(user !== null)}
    </div>`;
  }

  #body(hasAccount: boolean): TemplateResult {
    switch (this.view) {
      case 'orders':
        return html`<px-my-orders></px-my-orders>`;
      case 'profile':
        return hasAccount ? html`<px-profile></px-profile>` : html`<p class="soft">${t().account.needSignIn}</p>`;
      case 'security':
        return hasAccount ? html`<px-security></px-security>` : html`<p class="soft">${t().account.needSignIn}</p>`;
      case 'notices':
        return html`<px-notices></px-notices>`;
      case 'notifications':
        return html`<px-notifications></px-notifications>`;
      case 'privacy':
        return html`<px-my-data></px-my-data>`;
      default:
        return html`<px-my-photos .photoId=${this.photoId}></px-my-photos>`;
    }
  }
}
