import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { PhotoList } from '../data/types.ts';
import { formatDateShort, formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { hourMarks, type Mark, spacedMarks, timeAt } from './grid/rail.ts';
import type { Tile } from './justify.ts';
import { vars } from './vars.ts';

const FADE_AFTER_MS = 1_600;
const LABEL_ROOM_PX = 30;
const HEADER = 64;

/** The hours of a long wall along the edge of the window: drag to a time of day, or use the arrow keys. */
@customElement('px-time-rail')
export class PxTimeRail extends PxElement {
  @property({ attribute: false }) list!: PhotoList;
  @property({ attribute: false }) tiles: readonly Tile[] = [];
  /** Of the wall, px. */
  @property({ attribute: false }) height = 0;
  /** The wall's element: where it begins in the page. */
  @property({ attribute: false }) of!: HTMLElement;
  @state() private at = 0;
  @state() private isShown = false;
  @state() private isHeld = false;
  @state() private railPx = 0;
  #marks: Mark[] = [];
  #frame = 0;
  #fade: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll, { passive: true });
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#fade);
  }

  readonly #onScroll = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#look();
    });
  };

  /** How far one can scroll within the wall, px. */
  get #way(): number {
    return Math.max(1, this.height - innerHeight + HEADER);
  }

  #look(): void {
    const top = this.of.getBoundingClientRect().top;
    this.at = Math.min(1, Math.max(0, (HEADER - top) / this.#way));
    this.railPx = this.querySelector('.rail')?.clientHeight ?? 0;
    // Only where the wall is what one looks at.
    this.isShown = top < innerHeight * 0.5 && top + this.height > innerHeight * 0.5;
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => {
      if (!this.isHeld) this.isShown = false;
    }, FADE_AFTER_MS);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('list') || changed.has('tiles')) this.#marks = hourMarks(this.list, this.tiles);
  }
  protected override firstUpdated(): void {
    this.#look();
  }

  #go(share: number): void {
    const top = this.of.getBoundingClientRect().top + scrollY;
    scrollTo({ top: top - HEADER + Math.min(1, Math.max(0, share)) * this.#way, behavior: 'instant' });
  }

  readonly #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.isHeld = true;
    this.#drag(event);
  };
  readonly #drag = (event: PointerEvent): void => {
    if (!this.isHeld) return;
    const box = this.querySelector('.rail')!.getBoundingClientRect();
    this.#go((event.clientY - box.top) / box.height);
  };
  readonly #up = (): void => {
    this.isHeld = false;
  };

  /** Arrows go from hour to hour, page keys by a screen. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const y = this.at * this.#way;
    const hour = (step: 1 | -1): number => {
      const marks = step === 1 ? this.#marks : [...this.#marks].reverse();
      const next = marks.find((mark) => (step === 1 ? mark.y > y + 2 : mark.y < y - 2));
      return (next?.y ?? (step === 1 ? this.height : 0)) / this.#way;
    };
    const screen = innerHeight / this.#way;
    const target: Record<string, () => number> = {
      ArrowDown: () => hour(1),
      ArrowRight: () => hour(1),
      ArrowUp: () => hour(-1),
      ArrowLeft: () => hour(-1),
      PageDown: () => this.at + screen,
      PageUp: () => this.at - screen,
      Home: () => 0,
      End: () => 1,
    };
    const share = target[event.key]?.();
    if (share === undefined) return;
    event.preventDefault();
    this.#go(share);
  };

  #label(time: number | null): string {
    if (time === null) return '';
    const first = this.#marks[0]?.time ?? time;
    const last = this.#marks.at(-1)?.time ?? time;
    const isOneDay = formatDateShort(first) === formatDateShort(last);
    return isOneDay ? formatTime(time) : `${formatDateShort(time)} ${formatTime(time)}`;
  }

  protected override render(): TemplateResult {
    const now = this.#label(timeAt(this.list, this.tiles, this.at * this.#way));
    return html`<div class="rail ${this.isShown || this.isHeld ? 'shown' : ''} ${this.isHeld ? 'held' : ''}">
      <ol aria-hidden="true">
        ${
          this.railPx > 0
            ? spacedMarks(this.#marks, this.height, this.railPx, LABEL_ROOM_PX).map(
                ({ y, time }) =>
                  html`<li class="num" ${vars({ top: `${(y / this.height) * 100}%` })}>${formatTime(time)}</li>`,
              )
            : nothing
        }
      </ol>
      <div
        class="rail-thumb"
        role="slider"
        tabindex="0"
        aria-orientation="vertical"
        aria-label=${t().gallery.rail}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(this.at * 100)}
        aria-valuetext=${now}
        ${vars({ top: `${this.at * 100}%` })}
        @pointerdown=${this.#down}
        @pointermove=${this.#drag}
        @pointerup=${this.#up}
        @pointercancel=${this.#up}
        @keydown=${this.#onKey}
      >
        <span class="rail-grip"></span>
        <span class="rail-time num" aria-hidden="true">${now}</span>
      </div>
    </div>`;
  }
}
