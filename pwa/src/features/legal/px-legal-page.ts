import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { setTitle } from '../../context/surface.ts';
import { lang, t } from '../../i18n/i18n.ts';
import './legal.css';
import { legal } from './texts.ts';

/** Privacy notice and terms, in plain words. */
@customElement('px-legal-page')
export class PxLegalPage extends PxElement {
  @property() kind: 'privacy' | 'terms' = 'privacy';

  protected override render(): TemplateResult {
    const text = legal[this.kind][lang.value];
    setTitle(text.title);
    return html`<article class="page page-text legal">
      <h1 class="page-title">${text.title}</h1>
      <p class="lead">${text.lead}</p>
      ${text.sections.map(
        (section) => html`<section>
          <h2 class="section-title">${section.title}</h2>
          ${section.text.map((paragraph) => html`<p>${paragraph}</p>`)}
        </section>`,
      )}
      ${this.kind === 'privacy' ? html`<p><a class="btn btn-line" href="/account/privacy">${t().privacy.title}</a></p>` : nothing}
    </article>`;
  }
}
