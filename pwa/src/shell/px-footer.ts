import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { icon } from '../components/px-icon.ts';
import { t } from '../i18n/i18n.ts';

@customElement('px-footer')
export class PxFooter extends PxElement {
  static override readonly later = true;
  protected override render(): TemplateResult {
    const texts = t().app;
    return html`<footer>
      <p>${icon('shield')}<span>${texts.footer}</span></p>
      <nav aria-label="ThePixStock">
        <a href="/">${texts.events}</a><a href="/privacy">${texts.privacy}</a><a href="/terms">${texts.terms}</a>
      </nav>
    </footer>`;
  }
}
