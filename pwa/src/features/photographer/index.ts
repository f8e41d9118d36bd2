import { html, type TemplateResult } from 'lit';
import type { DeskGroup } from '../../components/desk/px-desk.ts';
import '../../components/desk/px-desk.ts';
import { setTitle } from '../../context/surface.ts';
import { d } from '../../i18n/desk.ts';
import './px-studio-upload.ts';
import './px-studio-photos.ts';
import './px-studio-earnings.ts';
import './px-studio-portfolio.ts';
import './px-studio-prices.ts';
import './px-studio-profile.ts';

const groups = (): readonly DeskGroup[] => {
  const nav = d().studio.nav;
  return [
    {
      links: [
        { href: '/studio', label: nav.upload, icon: 'upload', exact: true, also: ['/studio/events'] },
        { href: '/studio/photos', label: nav.photos, icon: 'gallery' },
        { href: '/studio/portfolio', label: d().portfolio.nav, icon: 'sparkle' },
        { href: '/studio/prices', label: d().priceRules.studioNav, icon: 'receipt' },
        { href: '/studio/earnings', label: nav.earnings, icon: 'wallet' },
        { href: '/studio/profile', label: nav.profile, icon: 'user' },
      ],
    },
  ];
};

function page(rest: string): TemplateResult {
  const [first, second] = rest.split('/');
  switch (first) {
    case 'photos':
      return html`<px-studio-photos></px-studio-photos>`;
    case 'portfolio':
      return html`<px-studio-portfolio></px-studio-portfolio>`;
    case 'prices':
      return html`<px-studio-prices></px-studio-prices>`;
    case 'earnings':
      return html`<px-studio-earnings></px-studio-earnings>`;
    case 'profile':
      return html`<px-studio-profile></px-studio-profile>`;
    case 'events':
      return html`<px-studio-upload .eventId=${second ?? ''}></px-studio-upload>`;
    default:
      return html`<px-studio-upload></px-studio-upload>`;
  }
}

export function render(rest: string): TemplateResult {
  setTitle(d().studio.title);
  return html`<px-desk
    .heading=${d().studio.title}
    .roles=${['photographer'] as const}
    .groups=${groups()}
    .content=${() => page(rest)}
  ></px-desk>`;
}
