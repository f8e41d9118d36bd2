import { html, type TemplateResult } from 'lit';
import { ask } from '../components/desk/ask.ts';
import { barChart } from '../components/desk/chart.ts';
import {
  areaField,
  figure,
  linkTabs,
  pageHead,
  queryTabs,
  searchBox,
  selectField,
  stateBadge,
} from '../components/desk/parts.ts';
import { eventFacts, eventName } from '../components/event-parts.ts';
import { field, switchField } from '../components/field.ts';
import { photoActions } from '../components/photo-actions.ts';
import { priceLine } from '../components/price-line.ts';
import { icon, iconNames } from '../components/px-icon.ts';
import { type Drawing, emptyState, errorState, illustration, skeletonLines } from '../components/states.ts';
import { vars } from '../components/vars.ts';
import { toast } from '../context/toasts.ts';
import { d } from '../i18n/desk.ts';
import { formatDate, formatDateTime, formatMoney } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import '../components/desk/px-desk.ts';
import '../components/desk/uploader.css';
import '../components/desk/px-upload-list.ts';
import '../components/px-cart-bar.ts';
import '../components/px-dialog.ts';
import '../components/px-file-picker.ts';
import '../components/px-lightbox.ts';
import '../components/px-photo-grid.ts';
import '../components/px-ring.ts';
import '../components/px-toasts.ts';
import '../components/px-waiting.ts';
import '../features/account/account.css';
import '../features/cart/cart.css';
import '../features/event/event.css';
import '../features/home/home.css';
import './px-specimen-list.ts';
import type { Condition } from './px-specimen-list.ts';
import * as samples from './samples.ts';

/** A family of parts: each specimen with the condition it shows. */
export interface Family {
  name: string;
  specimens: readonly [condition: string, content: () => unknown][];
}

const nothingDone = (): void => undefined;
const conditions: readonly Condition[] = ['filled', 'loading', 'empty', 'error', 'offline'];
const drawings: readonly Drawing[] = ['frames', 'signal', 'slipped', 'bag', 'face'];

const buttons = (attributes: 'plain' | 'busy' | 'disabled'): TemplateResult => html`<div class="row wrap">
  ${(['gold', 'solid', 'line', 'quiet', 'danger'] as const).map(
    (look) => html`<button
      class="btn btn-${look}"
      ?disabled=${attributes === 'disabled'}
      aria-busy=${attributes === 'busy' ? 'true' : 'false'}
    >
      ${icon('check')}${t().app.retry}
    </button>`,
  )}
  <button class="btn btn-icon" aria-label=${t().app.close} ?disabled=${attributes === 'disabled'}>${icon('close')}</button>
</div>`;

const photoGrid = (photos: typeof samples.photos): TemplateResult => html`<px-photo-grid
  .photos=${photos}
  .chosen=${new Set(['photo-1'])}
  .owned=${new Set(['photo-3'])}
  .rowHeight=${120}
  selectable
></px-photo-grid>`;

const upload = (state: string): TemplateResult => html`<div class="desk">
  <px-upload-list
    .items=${samples.uploadRows.filter((row) => state === '' || row.state === state)}
    .tick=${1}
  ></px-upload-list>
</div>`;

export const families: readonly Family[] = [
  {
    name: 'Type and colour',
    specimens: [
      [
        'words',
        () => html`<div class="stack">
          <h2 class="display gallery-large">ที่นี่ ก็ ปั้น ญี่ปุ่น ฐานันดร์ · Krungthep 2026</h2>
          <p class="page-title">${samples.event.name}</p>
          <p class="section-title">ค้นหาภาพของคุณ · Find your photos</p>
          <p>ผู้ใหญ่ซื้อปั้นจั่นที่ญี่ปุ่นให้ลูกน้องใช้ยกตู้ 0123456789</p>
          <p class="soft">${formatDate('2026-11-29T10:00:00Z')} · ${formatDateTime('2026-11-29T10:00:00Z')}</p>
          <p class="num">${formatMoney(6_000)} · ${formatMoney(123_456_789)} · ${formatMoney(-25_004)}</p>
          <p><a href="#link">${t().app.skip}</a> · <button class="link">${t().app.retry}</button></p>
        </div>`,
      ],
      [
        'colours',
        () => html`<ul class="gallery-colours">
          ${[
            'bg',
            'bg-soft',
            'bg-sunk',
            'bg-raised',
            'ink',
            'ink-soft',
            'line',
            'line-strong',
            'gold',
            'gold-wash',
            'success-bg',
            'warning-bg',
            'error-bg',
          ].map((name) => html`<li><span ${vars({ background: `var(--${name})` })}></span>${name}</li>`)}
        </ul>`,
      ],
      ['icons', () => html`<div class="gallery-icons">${iconNames.map((name) => icon(name))}</div>`],
    ],
  },
  {
    name: 'Buttons',
    specimens: [
      ['filled', () => buttons('plain')],
      ['loading', () => buttons('busy')],
      ['disabled', () => buttons('disabled')],
      [
        'large, wide, file',
        () => html`<div class="stack">
          <button class="btn btn-gold btn-big btn-wide">${icon('face')}${t().event.findMe}</button>
          <px-file-picker .label=${t().find.chooseFile}></px-file-picker>
        </div>`,
      ],
    ],
  },
  {
    name: 'Fields',
    specimens: [
      [
        'empty',
        () =>
          html`<div class="stack">
            ${field({ name: 'g-mail', label: t().auth.email, type: 'email', hint: t().auth.passwordHint })}
            ${areaField({ name: 'g-area', label: d().common.name, rows: 2 })}
          </div>`,
      ],
      ['filled', () => field({ name: 'g-filled', label: t().auth.email, value: 'bua@example.test' })],
      ['error', () => field({ name: 'g-bad', label: t().auth.email, value: 'bua@', problem: d().common.checkField })],
      [
        'select, switch, radio, search',
        () => html`<div class="stack">
          ${selectField({
            name: 'g-select',
            label: d().common.status,
            value: 'a',
            options: [
              { value: 'a', label: d().common.all },
              { value: 'b', label: d().common.on },
            ],
          })}
          ${switchField(d().common.on, true, nothingDone)} ${switchField(d().common.off, false, nothingDone)}
          <fieldset class="offer">
            <legend>${t().offer.title}</legend>
            ${[true, false].map(
              (on) => html`<label class="offer-row ${on ? 'on' : ''}">
                <input type="radio" name="g-offer" .checked=${on} />
                <span>${on ? t().offer.automatic : t().offer.bundle(5)}<small class="soft num">${t().offer.unit(25_000)}</small></span>
                <strong class="num">${formatMoney(25_000)}</strong>
              </label>`,
            )}
          </fieldset>
          <div class="desk">${searchBox(d().common.filter)}</div>
        </div>`,
      ],
    ],
  },
  {
    name: 'Notes, badges, people',
    specimens: [
      [
        'notes',
        () => html`<div class="stack">
          ${(['', 'note-success', 'note-warning', 'note-error'] as const).map(
            (kind) =>
              html`<p class="note ${kind}">${icon(kind === 'note-success' ? 'check-circle' : kind ? 'warning' : 'info')}<span>${t().offline.body}</span></p>`,
          )}
        </div>`,
      ],
      [
        'badges',
        () => html`<div class="row wrap">
          ${(['success', 'warning', 'error', 'plain'] as const).map((tone) => stateBadge(t().order.statuses.paid, tone))}
          <span class="badge num">12</span>
        </div>`,
      ],
      [
        'avatars and chips',
        () => html`<div class="stack">
          <ul class="people">
            ${['นก', 'Ben', 'ญาญ่า'].map((name) => html`<li><span class="face" aria-hidden="true">${[...name][0]}</span>${name}</li>`)}
          </ul>
          <ul class="prices">
            <li>${t().offer.bundle(1)} <strong class="num">${formatMoney(6_000)}</strong></li>
            <li>${t().offer.bundle(5)} <strong class="num">${formatMoney(25_000)}</strong></li>
          </ul>
        </div>`,
      ],
    ],
  },
  {
    name: 'Dialog, sheet, toast, drawer',
    specimens: [
      [
        'open',
        () => html`<div class="row wrap">
          <button class="btn btn-line" data-open="dialog" @click=${() =>
            void ask({
              title: d().common.remove,
              body: t().offline.listBody,
              fields: [{ name: 'why', label: d().common.name, kind: 'area' }],
              action: d().common.remove,
              danger: true,
              run: () => Promise.reject(samples.refused),
            })}>dialog</button>
          <button class="btn btn-line" data-open="toast" @click=${() => {
            toast(t().offline.body, { kind: 'success' });
            toast(t().errors.title, { kind: 'error', action: { label: t().app.retry, run: nothingDone } });
          }}>toast</button>
        </div>`,
      ],
    ],
  },
  {
    name: 'Navigation',
    specimens: [
      [
        'tabs and head',
        () => html`<div class="desk stack">
          ${pageHead({
            title: samples.event.nameEn ?? '',
            back: { href: '#back', label: d().common.allEvents },
            lead: t().offline.body,
            actions: html`<button class="btn btn-gold">${icon('plus')}${d().common.more}</button>`,
          })}
          ${queryTabs(
            'g',
            [
              { value: '', label: d().common.all, count: 12 },
              { value: 'a', label: d().common.on },
            ],
            d().common.filter,
          )}
          ${linkTabs(
            [
              { href: '/gallery.html', label: d().common.photos },
              { href: '#b', label: d().common.date },
            ],
            d().common.menu,
          )}
        </div>`,
      ],
      [
        'account tabs',
        () => html`<nav class="tabs" aria-label=${t().account.title}>
          <a href="#photos" aria-current="page">${icon('gallery')}${t().account.photos}</a>
          <a href="#orders" aria-current="false">${icon('receipt')}${t().account.orders}</a>
        </nav>`,
      ],
    ],
  },
  {
    name: 'Cards',
    specimens: [
      [
        'filled',
        () => html`<a class="event-card" href="#event">
          <span class="cover"><img src=${samples.event.coverUrl ?? ''} alt="" /></span>
          <h3 class="display">${eventName(samples.event)}</h3>
          ${eventFacts(samples.event)}
        </a>`,
      ],
      [
        'without a picture',
        () => html`<a class="event-card" href="#event">
          <span class="cover">${illustration('frames')}</span>
          <h3 class="display">${eventName(samples.event)}</h3>
          ${eventFacts(samples.event)}
        </a>`,
      ],
      ['loading', () => html`<div class="event-card"><span class="skeleton cover"></span></div>`],
      [
        'card',
        () =>
          html`<div class="card stack"><p class="section-title">${t().account.guest}</p><p class="soft">${t().account.guestBody}</p></div>`,
      ],
    ],
  },
  {
    name: 'Photo grid and viewer',
    specimens: [
      ['filled', () => photoGrid(samples.photos)],
      [
        'loading',
        () =>
          html`<div class="wall-skeleton" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<span class="skeleton"></span>`)}</div>`,
      ],
      ['empty', () => emptyState({ drawing: 'frames', title: t().event.photosNone, body: t().event.photosNoneBody })],
      ['error', () => errorState(samples.refused, nothingDone)],
      ['offline', () => errorState(samples.unreachable, nothingDone)],
      ['viewer', () => html`<button class="btn btn-line" data-open="viewer" @click=${openViewer}>viewer</button>`],
    ],
  },
  {
    name: 'Price line and cart bar',
    specimens: [
      ['price line', () => html`<p>${priceLine(samples.price, 6_000)}</p>`],
      ['saved', () => html`<p>${priceLine({ ...samples.price, savingSatang: 5_000 }, 5_000)}</p>`],
      ['below a photo', () => photoActions(samples.photos[0]!, samples.event)],
      ['sales closed', () => photoActions(samples.photos[5]!, { ...samples.event, isSalesOpen: false })],
      ['cart bar', () => html`<div class="gallery-bar"><px-cart-bar></px-cart-bar></div>`],
    ],
  },
  {
    name: 'Table',
    specimens: conditions.map((condition) => [
      condition,
      () => html`<div class="desk"><px-specimen-list .condition=${condition}></px-specimen-list></div>`,
    ]),
  },
  {
    name: 'Figures and chart',
    specimens: [
      [
        'filled',
        () => html`<div class="desk stack">
          <div class="figures">
            ${figure({ label: d().common.amount, value: formatMoney(187_000), note: t().app.asOf('17:52') })}
            ${figure({ label: d().common.photos, value: '1,842', href: '#photos' })}
            ${figure({ label: d().common.status, value: '50 %', mark: 2 })}
          </div>
          ${barChart({ label: d().common.amount, bars: samples.sales, format: formatMoney, current: 19, height: 180 })}
        </div>`,
      ],
      [
        'empty',
        () => html`<div class="desk">
          ${barChart({ label: d().common.amount, bars: samples.sales.map((bar) => ({ ...bar, value: 0 })), format: formatMoney, height: 140 })}
        </div>`,
      ],
      ['loading', () => skeletonLines(4)],
    ],
  },
  {
    name: 'Uploader',
    specimens: [
      ['every state', () => upload('')],
      ['done', () => upload('done')],
    ],
  },
  {
    name: 'Waiting and progress',
    specimens: [
      ['offline, three wait', () => html`<px-waiting></px-waiting>`],
      [
        'rings and bars',
        () => html`<div class="row wrap">
          <px-ring .value=${0.72} text="72%" .label=${t().app.loading}></px-ring>
          <px-ring .value=${0.1} text="1:12" .label=${t().app.loading} urgent></px-ring>
          <progress class="gallery-progress" max="10" value="4" aria-label=${t().app.loading}></progress>
        </div>`,
      ],
      ['skeleton', () => skeletonLines(3)],
    ],
  },
  {
    name: 'Empty, error, offline',
    specimens: [
      ...drawings.map((drawing): [string, () => unknown] => [
        drawing,
        () =>
          emptyState({
            drawing,
            title: t().cart.empty,
            body: t().cart.emptyBody,
            action: html`<a class="btn btn-line" href="#home">${t().cart.emptyAction}</a>`,
          }),
      ]),
    ],
  },
];

function openViewer(): void {
  const viewer = document.createElement('px-lightbox');
  Object.assign(viewer, {
    photos: samples.photos,
    current: 'photo-1',
    actions: (photo: (typeof samples.photos)[number]) => photoActions(photo, samples.event),
  });
  viewer.addEventListener('px-close', () => viewer.remove());
  document.body.append(viewer);
}
