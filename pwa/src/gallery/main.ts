import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { cart, cartPrice } from '../context/cart.ts';
import { online } from '../data/connectivity.ts';
import { waiting } from '../data/outbox.ts';
import { lang, loadTexts, setLang } from '../i18n/i18n.ts';
import { families } from './families.ts';
import './gallery.css';
import * as samples from './samples.ts';

/**
 * Every part of the house in every condition, on one page that needs no server: `npm run dev`, then /gallery.html on Vite's port. It is
 * no entry of the build, so nobody else loads it; test/e2e/gallery.e2e.ts photographs it. `?lang=th`, `?surface=night`.
 */
const query = new URLSearchParams(window.location.search);
await loadTexts(lang.value);
document.documentElement.dataset.surface = query.get('surface') === 'night' ? 'night' : 'day';
cart.set(samples.cartState);
cartPrice.set(samples.price);
waiting.set(samples.effects);
online.set(false);

@customElement('px-gallery')
export class PxGallery extends PxElement {
  protected override render(): TemplateResult {
    return html`<main class="page gallery">
        <header class="spread">
          <p class="page-title">Parts</p>
          <button class="btn btn-line" @click=${() => setLang(lang.value === 'th' ? 'en' : 'th')}>${lang.value}</button>
        </header>
        ${families.map(
          ({ name, specimens }) => html`<section class="family" aria-label=${name}>
            <h2 class="section-title">${name}</h2>
            <div class="specimens">
              ${specimens.map(
                ([condition, content]) => html`<div class="specimen">
                  <p class="soft small condition" lang="en">${condition}</p>
                  <div class="specimen-body">${content()}</div>
                </div>`,
              )}
            </div>
          </section>`,
        )}
      </main>
      <px-toasts></px-toasts>`;
  }
}
