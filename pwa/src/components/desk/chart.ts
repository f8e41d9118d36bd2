import { html, nothing, svg, type TemplateResult } from 'lit';

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

/** "nice" end of the axis: 1, 2, 2.5 or 5 times a power of ten. */
export function axisEnd(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  for (const step of [1, 2, 2.5, 5, 10]) if (largest <= step * power) return step * power;
  return 10 * power;
}

const WIDTH = 720;
const LEFT = 64;
const BOTTOM = 26;
const TOP = 10;

/** Bars over time, drawn as one small SVG with its table for screen readers. */
export function barChart({ label, bars, format, height = 220, current, least = 20_000 }: ChartOptions): TemplateResult {
  const end = axisEnd(Math.max(least, ...bars.map((bar) => bar.value)));
  const plot = height - BOTTOM - TOP;
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const width = Math.max(2, Math.min(28, step * 0.66));
  const y = (value: number): number => TOP + plot - (Math.max(0, value) / end) * plot;
  return html`<figure class="chart">
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label=${label} preserveAspectRatio="xMidYMid meet">
      ${[0, 0.5, 1].map(
        (share) =>
          svg`<g class="axis"><line x1=${LEFT} x2=${WIDTH} y1=${y(end * share)} y2=${y(end * share)} /><text x=${
            LEFT - 10
          } y=${y(end * share) + 4} text-anchor="end">${format(end * share)}</text></g>`,
      )}
      ${bars.map((bar, index) => {
        const x = LEFT + step * index + (step - width) / 2;
        const top = bar.value > 0 ? Math.min(y(bar.value), TOP + plot - 2) : TOP + plot;
        return svg`<g class="bar ${index === current ? 'current' : ''}">
          <rect class="hit" x=${LEFT + step * index} y=${TOP} width=${step} height=${plot}><title>${bar.title}</title></rect>
          <rect class="value" x=${x} y=${top} width=${width} height=${TOP + plot - top} rx="2"><title>${bar.title}</title></rect>
          ${bar.tick ? svg`<text x=${x + width / 2} y=${height - 7} text-anchor="middle">${bar.tick}</text>` : nothing}
        </g>`;
      })}
    </svg>
    <ul class="sr-only">
      ${bars.filter((bar) => bar.value !== 0).map((bar) => html`<li>${bar.title}</li>`)}
    </ul>
  </figure>`;
}
