import {
  coverSrcset,
  coverUrl,
  firstScreenTexts,
  longDay,
  photoCountText,
  photoIdOf,
  type ScreenLanguage,
} from '#contracts/first-screen.ts';
import type { EventView } from '#contracts/http/events.ts';
import { type Html, html } from './html.ts';

/*
 * The first screen as plain HTML, of the same shape as what the app renders (pwa/src/shell/px-header.ts, features/event/cover.ts,
 * features/home/px-home-page.ts); a browser test holds the two together. Icons draw themselves when the app's code is there.
 */

/** The event's name in the reader's language, as far as its owner wrote one. */
export const nameOf = (event: Pick<EventView, 'name' | 'nameEn'>, language: ScreenLanguage): string =>
  language === 'en' ? (event.nameEn ?? event.name) : event.name;
export const placeOf = (event: Pick<EventView, 'venue' | 'location'>): string =>
  [event.venue, event.location].filter(Boolean).join(', ');

const icon = (name: string): Html => html`<px-icon name="${name}"></px-icon>`;

const header = (language: ScreenLanguage, isOver: boolean): Html => {
  const texts = firstScreenTexts[language];
  return html`<a class="skip" href="#content">${texts.skip}</a><div class="first-header${isOver ? ' over' : ''}"><header>
<a class="brand" href="/" aria-label="ThePixStock, ${texts.home}"><svg class="mark" viewBox="0 0 32 32" fill="none" aria-hidden="true"><path d="M4 11V7a3 3 0 0 1 3-3h4M21 4h4a3 3 0 0 1 3 3v4M28 21v4a3 3 0 0 1-3 3h-4M11 28H7a3 3 0 0 1-3-3v-4" stroke="currentColor" stroke-width="2.25" stroke-linecap="round"/><circle cx="16" cy="16" r="5" fill="var(--gold)"/></svg><span>ThePixStock</span></a>
<nav aria-label="${texts.menu}"><a class="btn btn-quiet lang" lang="${language === 'th' ? 'en' : 'th'}" href="?lang=${language === 'th' ? 'en' : 'th'}" aria-label="${texts.switchShort}, ${texts.switchTo}">${texts.switchShort}</a>
<a class="btn btn-icon cart" href="/cart" aria-label="${texts.cartEmpty}">${icon('cart')}</a>
<a class="btn btn-icon" href="/sign-in" aria-label="${texts.signIn}">${icon('user')}</a></nav></header></div>`;
};

const facts = (event: EventView, language: ScreenLanguage): Html => {
  const place = placeOf(event);
  return html`<p class="event-facts"><span>${icon('calendar')}${longDay(event.startsAt, language)}</span> ${place && html`<span>${icon('pin')}${place}</span>`}</p>`;
};

export const COVER_SIZES = '100vw';
export const CARD_SIZES = '(max-width: 700px) 92vw, 24rem';

/** `isFirst`: what the eye falls on; fetched before everything else. */
const coverImage = (event: EventView, sizes: string, isFirst: boolean): Html | null => {
  const photoId = event.coverUrl && photoIdOf(event.coverUrl);
  if (!photoId) return null;
  return html`<img data-photo="${photoId}" src="${coverUrl(event.id, photoId, 960)}" srcset="${coverSrcset(event.id, photoId)}" sizes="${sizes}" alt="" decoding="async"${isFirst && html` fetchpriority="high"`}>`;
};

/** Asks for the cover before the code: what the eye falls on is on its way, and mostly there, when the app starts to work. */
export function coverPreload(event: EventView): Html | undefined {
  const photoId = event.coverUrl && photoIdOf(event.coverUrl);
  if (!photoId) return undefined;
  return html`<link rel="preload" as="image" fetchpriority="high" href="${coverUrl(event.id, photoId, 960)}" imagesrcset="${coverSrcset(event.id, photoId)}" imagesizes="${COVER_SIZES}">`;
}

const first = (language: ScreenLanguage, isOver: boolean, main: Html): Html =>
  html`<div class="first">${header(language, isOver)}<main id="content">${main}</main></div>`;

export function eventScreen(event: EventView, language: ScreenLanguage): Html {
  const texts = firstScreenTexts[language];
  return first(
    language,
    true,
    html`<section class="event-cover">${coverImage(event, COVER_SIZES, true)}<div class="event-title"><h1 class="display">${nameOf(event, language)}</h1>${facts(event, language)}${
      event.faceSearchEnabled &&
      html`<a class="btn btn-gold btn-big find-button" href="/e/${event.slug}/find">${icon('face')}${texts.findMe}</a><p class="find-hint">${texts.findMeHint}</p>`
    }</div></section>
<section class="event-wall"><div class="wall-skeleton" aria-hidden="true"><span class="skeleton"></span><span class="skeleton"></span><span class="skeleton"></span></div></section>`,
  );
}

const CARDS_SHOWN = 6;

export function homeScreen(events: readonly EventView[], language: ScreenLanguage): Html {
  const texts = firstScreenTexts[language];
  return first(
    language,
    false,
    html`<div class="page home"><section class="hero"><h1 class="display">${texts.title.map((line) => html`<span>${line}</span> `)}</h1><p class="soft">${texts.lead}</p><ol class="steps">${texts.steps.map((step, index) => html`<li><span class="num">${index + 1}</span>${step}</li>`)}</ol></section>
<section><div class="spread events-head"><h2 class="section-title">${texts.events}</h2></div><ul class="event-list">${events
      .slice(0, CARDS_SHOWN)
      .map(
        (event, index) =>
          html`<li><a class="event-card" href="/e/${event.slug}"><span class="cover">${coverImage(event, CARD_SIZES, index === 0)}</span><h3 class="display">${nameOf(event, language)}</h3>${facts(event, language)}<p class="small soft num">${event.photoCount > 0 && photoCountText(event.photoCount, language)}</p></a></li>`,
      )}</ul></section></div>`,
  );
}
