import type { Page } from 'playwright-core';
import type { Filled } from './fill.ts';

export type Person = 'guest' | 'buyer' | 'photographer' | 'organizer' | 'admin';
/** filled: as it is. The others: as the same page looks with lists that are empty, answers that are refused, late or impossible. */
export const states = ['filled', 'empty', 'error', 'loading', 'offline'] as const;
export type State = (typeof states)[number];

export interface Shot {
  name: string;
  who: Person;
  path: string;
  /** Besides `filled`. */
  states?: readonly State[];
  /** Taps and types until the sight is there; once a language. */
  prepare?: (page: Page) => Promise<unknown>;
  /** The picture is of the screen, not of the whole page. */
  isScreen?: boolean;
}

const all = ['empty', 'error', 'loading'] as const;
const late = ['error', 'loading'] as const;
const phoneToo = ['error', 'loading', 'offline'] as const;

const press =
  (...selectors: string[]) =>
  async (page: Page): Promise<void> => {
    for (const selector of selectors) await page.locator(selector).first().click();
  };

/** As a server answers an app that is too old to replicate. */
async function outdated(page: Page): Promise<void> {
  await page.route('**/api/sync/**', (route) =>
    route.fulfill({
      status: 426,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'outdated', status: 426, code: 'sync.schema_outdated' }),
    }),
  );
  await page.reload();
  await page.locator('main [role="alert"]').waitFor();
}

/** Every page of the product, and the sights inside a page that look like one. */
export function shots(made: Filled, selfieFile: string): Shot[] {
  const { slug, eventId } = made;
  const consent = press('.consent [role="switch"]', '.consent .btn-gold');
  const desk = (who: Person, root: string, names: Record<string, Partial<Shot> & { at: string }>): Shot[] =>
    Object.entries(names).map(([name, { at, ...rest }]) => ({ name, who, path: `${root}${at}`, ...rest }));
  return [
    { name: 'home', who: 'guest', path: '/', states: ['empty', ...phoneToo] },
    { name: 'event', who: 'guest', path: `/e/${slug}`, states: ['empty', ...phoneToo] },
    { name: 'event-to-come', who: 'guest', path: `/e/${made.emptySlug}` },
    { name: 'event-locked', who: 'guest', path: `/e/${made.lockedSlug}` },
    { name: 'event-unknown', who: 'guest', path: '/e/no-such-event' },
    { name: 'photo', who: 'guest', path: `/e/${slug}/photos/${made.photoId}`, isScreen: true },
    { name: 'event-cart-bar', who: 'guest', path: `/e/${slug}`, prepare: press('.tile-add'), isScreen: true },
    { name: 'event-time', who: 'guest', path: `/e/${slug}`, prepare: press('.chip button'), isScreen: true },
    { name: 'favorites-empty', who: 'guest', path: '/favorites' },
    { name: 'consent', who: 'guest', path: `/e/${slug}/find`, states: phoneToo },
    { name: 'selfie', who: 'guest', path: `/e/${slug}/find`, prepare: consent },
    {
      name: 'selfie-upload',
      who: 'guest',
      path: `/e/${slug}/find`,
      prepare: async (page) => {
        await consent(page);
        await press('.upload-offer button')(page);
      },
    },
    {
      name: 'results',
      who: 'guest',
      path: `/e/${slug}/find`,
      prepare: async (page) => {
        await consent(page);
        await page.locator('.selfie-actions').waitFor();
        await page.locator('input[type="file"]').first().setInputFiles(selfieFile);
        await page.locator('.results-head').waitFor({ timeout: 90_000 });
      },
    },
    { name: 'hide-me', who: 'guest', path: `/e/${slug}/hide`, states: late },
    { name: 'together', who: 'guest', path: made.openCart, states: phoneToo },
    { name: 'together-unknown', who: 'guest', path: '/together/AAAAAAAAAAAAAAAAAAAAAA' },
    { name: 'cart-empty', who: 'guest', path: '/cart' },
    { name: 'order-by-link', who: 'guest', path: made.paidOrder.link, states: late },
    { name: 'order-unknown', who: 'guest', path: '/orders/00000000-0000-4000-8000-000000000000' },
    { name: 'sign-in', who: 'guest', path: '/sign-in' },
    { name: 'sign-in-wrong', who: 'guest', path: '/sign-in', prepare: press('form button.btn-solid') },
    { name: 'register', who: 'guest', path: '/register' },
    { name: 'forgot', who: 'guest', path: '/forgot' },
    { name: 'reset', who: 'guest', path: '/reset?token=abc' },
    { name: 'verify', who: 'guest', path: '/verify?token=abc' },
    { name: 'privacy', who: 'guest', path: '/privacy' },
    { name: 'terms', who: 'guest', path: '/terms' },
    { name: 'not-found', who: 'guest', path: '/no/such/page' },
    { name: 'account-guest', who: 'guest', path: '/account' },
    { name: 'portfolio', who: 'guest', path: '/p/phet', states: late },
    { name: 'portfolio-unknown', who: 'guest', path: '/p/nobody-here' },
    { name: 'shared-photo', who: 'guest', path: made.sharedPath, states: late },
    { name: 'shared-gone', who: 'guest', path: `/s/${'A'.repeat(43)}` },
    { name: 'unsubscribe', who: 'guest', path: '/unsubscribe?token=abc' },
    {
      name: 'waiting',
      who: 'guest',
      path: '/cart',
      isScreen: true,
      prepare: async (page) => {
        await page.context().setOffline(true);
        await page.evaluate("dispatchEvent(new Event('offline'))");
        await press('button.waiting')(page);
      },
    },

    { name: 'cart', who: 'buyer', path: '/cart', states: phoneToo },
    { name: 'outdated', who: 'buyer', path: '/cart', prepare: outdated },
    { name: 'checkout', who: 'buyer', path: '/checkout', states: late },
    ...desk('buyer', '/account', {
      account: { at: '', states: all },
      'account-orders': { at: '/orders', states: all },
      'account-photos': { at: '/photos', states: all },
      'account-notices': { at: '/notices', states: all },
      'account-notifications': { at: '/notifications', states: late },
      'account-security': { at: '/security', states: late },
      'account-profile': { at: '/profile', states: late },
      'account-privacy': { at: '/privacy', states: all },
    }),
    {
      name: 'account-photo',
      who: 'buyer',
      path: '/account/photos',
      isScreen: true,
      prepare: async (page) => {
        await press('.library .tile a')(page);
        await page.locator('.photo-actions').waitFor();
      },
    },
    { name: 'favorites', who: 'buyer', path: '/favorites', states: ['empty', ...phoneToo] },
    { name: 'order-own', who: 'buyer', path: `/orders/${made.ownOrderId}`, states: phoneToo },
    {
      name: 'order-refund',
      who: 'buyer',
      path: `/orders/${made.ownOrderId}`,
      prepare: press('px-refund button, .refund button'),
      isScreen: true,
    },
    {
      name: 'order-to-pay',
      who: 'buyer',
      path: '/account/orders',
      prepare: async (page) => {
        await page.locator('a[href^="/orders/"]').first().click();
        await page.locator('.qr img, .pay').first().waitFor();
      },
    },

    ...desk('photographer', '/studio', {
      studio: { at: '', states: all },
      'studio-event': { at: `/events/${eventId}`, states: late },
      'studio-photos': { at: '/photos', states: all },
      'studio-portfolio': { at: '/portfolio', states: all },
      'studio-prices': { at: '/prices', states: all },
      'studio-earnings': { at: '/earnings', states: all },
      'studio-profile': { at: '/profile', states: late },
    }),
    ...desk('organizer', '/organizer', {
      organizer: { at: '', states: all },
      'organizer-event': { at: `/events/${eventId}`, states: late },
      'organizer-earnings': { at: '/earnings', states: all },
      'organizer-bank': { at: '/bank', states: late },
    }),
    ...desk('admin', '/admin', {
      admin: { at: '', states: all },
      'admin-events': { at: '/events', states: all },
      'admin-event-new': { at: '/events/new' },
      'admin-event': { at: `/events/${eventId}`, states: late },
      'admin-event-edit': { at: `/events/${eventId}/edit`, states: late },
      'admin-event-faces': { at: `/events/${eventId}/faces`, states: all },
      'admin-event-face': { at: `/events/${eventId}/faces/${made.groupId}`, states: late },
      'admin-approve': { at: '/approve', states: all },
      'admin-approve-help': { at: '/approve', prepare: (page) => page.keyboard.press('?'), isScreen: true },
      'admin-photos': { at: '/photos', states: all },
      'admin-upload': { at: '/upload', states: all },
      'admin-orders': { at: '/orders', states: all },
      'admin-order': { at: `/orders/${made.paidOrder.id}`, states: late },
      'admin-refunds': { at: '/refunds', states: all },
      'admin-reviews': { at: '/payment-reviews', states: all },
      'admin-reconciliation': { at: '/reconciliation', states: all },
      'admin-revenue': { at: '/revenue', states: all },
      'admin-rules': { at: '/revenue/rules', states: all },
      'admin-payouts': { at: '/revenue/payouts', states: all },
      'admin-withholding': { at: '/revenue/withholding', states: all },
      'admin-users': { at: '/users', states: all },
      'admin-privacy': { at: '/privacy', states: all },
      'admin-messages': { at: '/messages', states: all },
      'admin-settings': { at: '/settings', states: late },
      'admin-packages': { at: '/settings/packages', states: all },
      'admin-coupons': { at: '/settings/coupons', states: all },
      'admin-emails': { at: '/settings/emails', states: all },
      'admin-engines': { at: '/engines', states: late },
      'admin-queues': { at: '/queues', states: late },
      'admin-logs': { at: '/logs', states: all },
    }),
  ];
}
