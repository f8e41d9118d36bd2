import { html, nothing, type TemplateResult } from 'lit';
import { cart, cartPrice, toggleInCart } from '../context/cart.ts';
import { nextPhotoSatang } from '../context/cart-price.ts';
import type { EventView, Photo } from '../data/types.ts';
import { formatMoney, formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { priceLine } from './price-line.ts';
import { icon } from './px-icon.ts';

/** Below a photo in the viewer: when it was taken, one tap into the cart, what that does to the price. */
export function photoActions(photo: Photo, event: EventView | null): TemplateResult {
  const texts = t().photo;
  const chosen = cart.value.lines.some((line) => line.photoId === photo.id);
  const price = cartPrice.value;
  const count = cart.value.lines.length;
  return html`<div class="photo-actions">
    <p aria-live="polite">
      ${
        count > 0 && price
          ? html`<strong class="num">${t().cart.bar(count)} · ${formatMoney(price.totalSatang)}</strong><br /><span class="soft"
              >${priceLine(price, nextPhotoSatang())}</span
            >`
          : photo.takenAt
            ? html`<span class="soft num">${texts.takenAt(formatTime(photo.takenAt))}</span>`
            : nothing
      }
    </p>
    ${
      event?.isSalesOpen === false
        ? html`<span class="soft small">${t().event.salesClosed}</span>`
        : html`<button
          class="btn ${chosen ? 'btn-line' : 'btn-gold'}"
          aria-pressed=${chosen ? 'true' : 'false'}
          @click=${() => toggleInCart(photo)}
        >
          ${icon(chosen ? 'check' : 'plus')}${chosen ? texts.remove : texts.add}
        </button>`
    }
  </div>`;
}
