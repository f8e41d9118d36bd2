import { html, type TemplateResult } from 'lit';
import type { DeskGroup } from '../../components/desk/px-desk.ts';
import '../../components/desk/px-desk.ts';
import { setTitle } from '../../context/surface.ts';
import { d } from '../../i18n/desk.ts';
import './px-admin-dashboard.ts';
import './px-admin-events.ts';
import './px-admin-event.ts';
import './px-admin-event-form.ts';
import './px-admin-faces.ts';
import './px-admin-engines.ts';
import './px-admin-approve.ts';
import './px-admin-photos.ts';
import './px-admin-users.ts';
import './px-admin-orders.ts';
import './px-admin-refunds.ts';
import './px-admin-reconciliation.ts';
import './px-admin-revenue.ts';
import './px-admin-rules.ts';
import './px-admin-payouts.ts';
import './px-admin-withholding.ts';
import './px-admin-settings.ts';
import './px-admin-packages.ts';
import './px-admin-coupons.ts';
import './px-admin-emails.ts';
import './px-admin-logs.ts';
import './px-admin-queues.ts';
import './px-admin-hide.ts';
import './px-admin-privacy.ts';

const groups = (): readonly DeskGroup[] => {
  const nav = d().admin.nav;
  return [
    { links: [{ href: '/admin', label: nav.dashboard, icon: 'sparkle', exact: true }] },
    {
      label: nav.groupPhotos,
      links: [
        { href: '/admin/events', label: nav.events, icon: 'calendar' },
        { href: '/admin/approve', label: nav.approve, icon: 'check-circle' },
        { href: '/admin/photos', label: nav.photos, icon: 'gallery' },
        { href: '/admin/upload', label: nav.upload, icon: 'upload' },
      ],
    },
    {
      label: nav.groupSales,
      links: [
        {
          href: '/admin/orders',
          label: nav.orders,
          icon: 'receipt',
          also: ['/admin/refunds', '/admin/payment-reviews', '/admin/reconciliation'],
        },
        { href: '/admin/revenue', label: nav.revenue, icon: 'wallet' },
      ],
    },
    {
      label: nav.groupPeople,
      links: [
        { href: '/admin/users', label: nav.users, icon: 'users' },
        { href: '/admin/privacy', label: nav.privacy, icon: 'shield' },
        { href: '/admin/messages', label: nav.messages, icon: 'mail' },
      ],
    },
    {
      label: nav.groupSystem,
      links: [
        { href: '/admin/settings', label: nav.settings, icon: 'edit' },
        { href: '/admin/engines', label: d().engines.title, icon: 'face' },
        { href: '/admin/queues', label: nav.queues, icon: 'refresh' },
        { href: '/admin/logs', label: nav.logs, icon: 'clock' },
      ],
    },
  ];
};

function page(rest: string): TemplateResult {
  const [first = '', second = '', third = '', fourth = ''] = rest.split('/');
  switch (first) {
    case 'events':
      if (second === 'new') return html`<px-admin-event-form></px-admin-event-form>`;
      if (third === 'edit') return html`<px-admin-event-form .eventId=${second}></px-admin-event-form>`;
      if (third === 'faces') return html`<px-admin-faces .eventId=${second} .groupId=${fourth}></px-admin-faces>`;
      if (second) return html`<px-admin-event .eventId=${second}></px-admin-event>`;
      return html`<px-admin-events></px-admin-events>`;
    case 'approve':
      return html`<px-admin-approve></px-admin-approve>`;
    case 'photos':
      return html`<px-admin-photos></px-admin-photos>`;
    case 'upload':
      return html`<px-admin-upload .eventId=${second}></px-admin-upload>`;
    case 'users':
      return html`<px-admin-users></px-admin-users>`;
    case 'orders':
      if (second) return html`<px-admin-order .orderId=${second}></px-admin-order>`;
      return html`<px-admin-orders></px-admin-orders>`;
    case 'refunds':
      return html`<px-admin-refunds></px-admin-refunds>`;
    case 'payment-reviews':
      return html`<px-admin-reviews></px-admin-reviews>`;
    case 'reconciliation':
      return html`<px-admin-reconciliation></px-admin-reconciliation>`;
    case 'revenue':
      if (second === 'rules') return html`<px-admin-rules></px-admin-rules>`;
      if (second === 'withholding') return html`<px-admin-withholding></px-admin-withholding>`;
      if (second === 'payouts') return html`<px-admin-payouts></px-admin-payouts>`;
      return html`<px-admin-revenue></px-admin-revenue>`;
    case 'settings':
      if (second === 'packages') return html`<px-admin-packages></px-admin-packages>`;
      if (second === 'coupons') return html`<px-admin-coupons></px-admin-coupons>`;
      if (second === 'emails') return html`<px-admin-emails></px-admin-emails>`;
      return html`<px-admin-settings></px-admin-settings>`;
    case 'logs':
      return html`<px-admin-logs></px-admin-logs>`;
    case 'engines':
      return html`<px-admin-engines></px-admin-engines>`;
    case 'queues':
      return html`<px-admin-queues></px-admin-queues>`;
    case 'privacy':
      if (second) return html`<px-admin-hide .requestId=${second}></px-admin-hide>`;
      return html`<px-admin-privacy></px-admin-privacy>`;
    case 'messages':
      return html`<px-admin-messages></px-admin-messages>`;
    default:
      return html`<px-admin-dashboard></px-admin-dashboard>`;
  }
}

export function render(rest: string): TemplateResult {
  setTitle(d().admin.title);
  return html`<px-desk
    .heading=${d().admin.title}
    .roles=${['admin'] as const}
    .groups=${groups()}
    .content=${() => page(rest)}
  ></px-desk>`;
}
