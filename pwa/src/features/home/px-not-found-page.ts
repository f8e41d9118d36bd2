import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { emptyState } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { t } from '../../i18n/i18n.ts';

@customElement('px-not-found-page')
export class PxNotFoundPage extends PxElement {
  protected override render(): TemplateResult {
    const texts = t().notFound;
    setTitle(texts.title);
    return html`<div class="page page-narrow">
      ${emptyState({
        isPage: true,
        drawing: 'frames',
        title: texts.title,
        body: texts.body,
        action: html`<a class="btn btn-line" href="/">${texts.action}</a>`,
      })}
    </div>`;
  }
}
