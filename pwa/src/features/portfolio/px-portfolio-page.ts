import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { getPhotographer } from '#contracts/http/photographers.ts';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { Loader, wholePage } from '../../components/loader.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-photo-grid.ts';
import { emptyState, skeletonLines } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { type Answer, call } from '../../data/call.ts';
import { rememberEvents, seen } from '../../data/events.ts';
import type { Photo } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import './portfolio.css';

type Portfolio = Answer<typeof getPhotographer>;

/** A photographer’s own page: who they are, their latest photos, the events they were at. */
@customElement('px-portfolio-page')
export class PxPortfolioPage extends PxElement {
  @property() handle = '';
  readonly #portfolio = new Loader<Portfolio>(this, (show) =>
    seen(
      `portfolio:${this.handle}`,
      () => call<typeof getPhotographer>('GET', '/api/photographers/:slug', { params: { slug: this.handle } }),
      (portfolio) => {
        rememberEvents(portfolio.events);
        show(portfolio);
      },
    ),
  );

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.get('handle')) void this.#portfolio.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const { gone, goneBody } = t().portfolio;
    return wholePage(
      this.#portfolio,
      { title: gone, body: goneBody },
      (portfolio) => this.#page(portfolio),
      skeleton(),
    );
  }

  #page(portfolio: Portfolio): TemplateResult {
    const texts = t().portfolio;
    setTitle(portfolio.displayName);
    const pathOf = new Map(portfolio.events.map((event) => [event.id, eventPath(event)]));
    return html`<div class="page">
        <header class="portfolio-head">
          <p class="soft small">${texts.photographer}</p>
          <h1 class="display">${portfolio.displayName}</h1>
          ${portfolio.bio ? html`<p class="soft bio">${portfolio.bio}</p>` : nothing}
          ${
            portfolio.portfolioUrl
              ? html`<p><a class="row" href=${portfolio.portfolioUrl} target="_blank" rel="noopener nofollow ugc">${icon('globe')}${new URL(portfolio.portfolioUrl).host}</a></p>`
              : nothing
          }
        </header>
        ${
          portfolio.events.length > 0
            ? html`<nav class="portfolio-events" aria-label=${texts.events}>
                ${portfolio.events.map((event) => html`<a class="btn btn-line" href=${eventPath(event)}><span>${eventName(event)}</span></a>`)}
              </nav>`
            : nothing
        }
        ${
          portfolio.photos.length === 0
            ? emptyState({ drawing: 'frames', title: texts.none, body: texts.noneBody })
            : html`<h2 class="sr-only">${texts.photos}</h2>
              <px-photo-grid
                .photos=${portfolio.photos as readonly Photo[]}
                .hrefOf=${(photo: Photo) => `${pathOf.get(photo.eventId) ?? `/e/${photo.eventId}`}/photos/${photo.id}`}
              ></px-photo-grid>`
        }
      </div>`;
  }
}

const skeleton = (): TemplateResult => html`<div class="page portfolio-skeleton">
  <span class="skeleton"></span>${skeletonLines(2)}
  <div class="wall-skeleton">${[2, 3].map(() => html`<span class="skeleton"></span>`)}</div>
</div>`;
