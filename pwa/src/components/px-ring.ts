import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { PxElement } from './element.ts';
import { vars } from './vars.ts';

/** A ring that fills (progress) or empties (countdown). `value` 0..1; what it says stands in the middle. */
@customElement('px-ring')
export class PxRing extends PxElement {
  @property({ type: Number }) value = 0;
  @property() text = '';
  @property() label = '';
  /** Last part of a countdown. */
  @property({ type: Boolean }) urgent = false;

  protected override render(): TemplateResult {
    const share = Math.min(1, Math.max(0, this.value));
    return html`<span
      class="ring ${this.urgent ? 'urgent' : ''}"
      role="progressbar"
      aria-label=${this.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(share * 100)}
      aria-valuetext=${this.text}
    >
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <circle class="ring-track" cx="24" cy="24" r="21" pathLength="100" />
        <circle class="ring-value" cx="24" cy="24" r="21" pathLength="100" ${vars({ 'stroke-dashoffset': String(100 - share * 100) })} />
      </svg>
      <span class="num" aria-hidden="true">${this.text}</span>
    </span>`;
  }
}
