import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../element.ts';
import { axisEnd } from './axis.ts';

export interface Bar {
  /** Below the axis; empty for most, so that they do not crowd. */
  tick: string;
  /** What a screen reader and a hovering pointer say. */
  title: string;
  value: number;
  href?: string;
}

export interface ChartOptions {
  /** What the chart shows, as one sentence. */
  label: string;
  bars: readonly Bar[];
  format: (value: number) => string;
  height?: number;
  /** Index of the bar of now. */
  current?: number;
  /** The axis ends here at least, so that an empty chart has a scale that makes sense. Default ฿200. */
  least?: number;
}

const LEFT = 64;
const BOTTOM = 26;
const TOP = 10;

/** Bars over time, drawn as wide as there is room, with their values as a list for screen readers. */
@customElement('px-bar-chart')
export class PxBarChart extends PxElement {
  @property({ attribute: false }) options!: ChartOptions;
  @state() private width = 0;
  #observer: ResizeObserver | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry!.contentRect.width);
    });
    this.#observer.observe(this);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }

  protected override render(): TemplateResult {
    const { label, bars, format, height = 220, current, least = 20_000 } = this.options;
    const end = axisEnd(Math.max(least, ...bars.map((bar) => bar.value)));
    const plot = height - BOTTOM - TOP;
    const step = Math.max(0, this.width - LEFT) / Math.max(1, bars.length);
    const thick = Math.max(2, Math.min(28, step * 0.66));
    const y = (value: number): number => TOP + plot - (Math.max(0, value) / end) * plot;
    return html`<figure class="chart">
      <svg width=${this.width} height=${height} role="img" aria-label=${label}>
        ${[0, 0.5, 1].map(
          (share) => svg`<g class="axis"><line x1=${LEFT} x2=${this.width} y1=${y(end * share)} y2=${y(end * share)} />
            <text x=${LEFT - 10} y=${y(end * share) + 4} text-anchor="end">${format(end * share)}</text></g>`,
        )}
        ${bars.map((bar, index) => {
          const left = LEFT + step * index;
          const top = bar.value > 0 ? Math.min(y(bar.value), TOP + plot - 2) : TOP + plot;
          return svg`<g class="bar ${index === current ? 'current' : ''}">
            <rect class="hit" x=${left} y=${TOP} width=${step} height=${plot}><title>${bar.title}</title></rect>
            <rect class="value" x=${left + (step - thick) / 2} y=${top} width=${thick} height=${TOP + plot - top} rx="2" />
            ${bar.tick ? svg`<text x=${left + step / 2} y=${height - 7} text-anchor="middle">${bar.tick}</text>` : nothing}
          </g>`;
        })}
      </svg>
      <ul class="sr-only">
        ${bars.filter((bar) => bar.value !== 0).map((bar) => html`<li>${bar.title}</li>`)}
      </ul>
    </figure>`;
  }
}

export const barChart = (options: ChartOptions): TemplateResult =>
  html`<px-bar-chart .options=${options}></px-bar-chart>`;
