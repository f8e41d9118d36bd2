import { startCart } from '../context/cart.ts';
import { startCartPrice } from '../context/cart-price.ts';
import { startOutbox } from '../data/outbox.ts';

/** What runs behind the pages once the first picture stands. */
export function startBackground(): void {
  startOutbox();
  startCartPrice();
  startCart();
}
