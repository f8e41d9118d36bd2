import { html, type TemplateResult } from 'lit';
import { d } from '../../i18n/desk.ts';

/** The keys of the approval page, one line each. */
export const keyHelp = (): TemplateResult => html`<dl class="approve-help">
  ${d().approve.help.map((line) => {
    const [keys = '', what] = line.split('|');
    return html`<div><dt>${keys.split(' ').map((key) => html`<kbd class="kbd">${key}</kbd> `)}</dt><dd>${what}</dd></div>`;
  })}
</dl>`;
