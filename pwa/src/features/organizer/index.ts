import { html, type TemplateResult } from 'lit';
import type { DeskGroup } from '../../components/desk/px-desk.ts';
import '../../components/desk/px-desk.ts';
import { setTitle } from '../../context/surface.ts';
import { d } from '../../i18n/desk.ts';
import './px-organizer-pages.ts';

const groups = (): readonly DeskGroup[] => {
  const nav = d().organizer.nav;
  return [
    {
      links: [
        { href: '/organizer', label: nav.events, icon: 'calendar', exact: true, also: ['/organizer/events'] },
        { href: '/organizer/earnings', label: nav.earnings, icon: 'wallet' },
        { href: '/organizer/bank', label: nav.bank, icon: 'lock' },
      ],
    },
  ];
};

function page(rest: string): TemplateResult {
  const [first, second] = rest.split('/');
  if (first === 'earnings') return html`<px-organizer-earnings></px-organizer-earnings>`;
  if (first === 'bank') return html`<px-organizer-bank></px-organizer-bank>`;
  if (first === 'events' && second) return html`<px-organizer-event .eventId=${second}></px-organizer-event>`;
  return html`<px-organizer-events></px-organizer-events>`;
}

export function render(rest: string): TemplateResult {
  setTitle(d().organizer.title);
  return html`<px-desk
    .heading=${d().organizer.title}
    .roles=${['organizer'] as const}
    .groups=${groups()}
    .content=${() => page(rest)}
  ></px-desk>`;
}
