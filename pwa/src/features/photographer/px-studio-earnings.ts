import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import '../../components/desk/px-earnings.ts';
import { pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { d } from '../../i18n/desk.ts';

@customElement('px-studio-earnings')
export class PxStudioEarnings extends PxElement {
  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().earnings.title, lead: d().earnings.lead })}
      <px-earnings class="stack" bank="/studio/profile"></px-earnings>`;
  }
}
