import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { getPhotographer } from '#contracts/http/photographers.ts';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-photo-grid.ts';
import { emptyState, errorState, skeletonLines } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { type Answer, call } from '../../data/call.ts';
import { rememberEvents, seen } from '../../data/events.ts';
import { isProblem } from '../../data/problem.ts';
import type { Photo } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import './portfolio.css';

type Portfolio = Answer<typeof getPhotographer>;

/** A photographer’s own page: who they are, their latest photos, the events they were at. */
@customElement('px-portfolio-page')
export class PxPortfolioPage extends PxElement {
  @property() handle = '';
  @state() private portfolio: Portfolio | null = null;
  @state() private problem: unknown = null;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('handle')) return;
    this.portfolio = null;
    void this.#load();
  }

  async #load(): Promise<void> {
    const { handle } = this;
    this.problem = null;
    try {
      await seen(
        `portfolio:${handle}`,
        () => call<typeof getPhotographer>('GET', '/api/photographers/:slug', { params: { slug: handle } }),
        (portfolio) => {
          if (handle !== this.handle) return;
          rememberEvents(portfolio.events);
          this.portfolio = portfolio;
        },
      );
    } catch (error) {
      if (handle === this.handle) this.problem = error;
    }
  }

  protected override render(): TemplateResult {
    const texts = t().portfolio;
    const { portfolio } = this;
    if (isProblem(this.problem, 'resource.not_found'))
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'frames',
          title: texts.gone,
          body: texts.goneBody,
          action: html`<a class="btn btn-line" href="/">${t().notFound.action}</a>`,
        })}
      </div>`;
    if (!portfolio)
      return html`<div class="page">${this.problem ? errorState(this.problem, () => void this.#load(), { isPage: true }) : skeletonLines(5)}</div>`;
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
                ${portfolio.events.map((event) => html`<a class="btn btn-line" href=${eventPath(event)}>${eventName(event)}</a>`)}
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
