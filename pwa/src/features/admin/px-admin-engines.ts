import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as engines from '#contracts/http/face-engines.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, pageHead, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatBytes, formatDateTime } from '../../i18n/format.ts';
import { lang } from '../../i18n/i18n.ts';

type Engine = ItemOf<typeof engines.listEngines>;

/** Face models with origin, licence and notice; what must be accepted is off until somebody did. */
@customElement('px-admin-engines')
export class PxAdminEngines extends PxElement {
  readonly #engines = new Loader<readonly Engine[]>(
    this,
    async () => (await call<typeof engines.listEngines>('GET', '/api/admin/face-engines')).items,
  );

  protected override render(): TemplateResult {
    const texts = d().engines;
    return html`<div class="stack">
      ${pageHead({ title: texts.title, lead: texts.lead })}
      ${this.#engines.view((all) => html`${all.map((engine) => this.#card(engine))}`)}
    </div>`;
  }

  #card(engine: Engine): TemplateResult {
    const texts = d().engines;
    const state = !engine.isInstalled
      ? stateBadge(texts.missing, 'warning')
      : engine.isEnabled
        ? stateBadge(texts.enabled, 'success')
        : stateBadge(texts.disabled);
    const bytes = engine.files.reduce((sum, file) => sum + file.bytes, 0);
    return html`<section class="desk-card stack">
      <div class="spread">
        <h2>${engine.title}</h2>
        <span>${state} ${engine.isDefault ? stateBadge(texts.default) : nothing}</span>
      </div>
      <p class="soft small">
        <b>${engine.id}</b> · ${texts.numbers(engine.length)} · ${formatBytes(bytes)} ·
        ${texts.events(engine.events)}
      </p>
      <dl class="small">
        <dt class="soft">${texts.origin}</dt>
        <dd>${engine.source} (${engine.originDocumented ? texts.documented : texts.undocumented})</dd>
        <dt class="soft">${texts.licence}</dt>
        <dd>${engine.licence}</dd>
      </dl>
      ${engine.notice ? html`<p class="note note-warning"><span>${engine.notice[lang.value]}</span></p>` : nothing}
      ${
        engine.accepted
          ? html`<p class="soft small">${texts.accepted(formatDateTime(engine.accepted.at), engine.accepted.by ?? '–')}</p>`
          : nothing
      }
      <div class="desk-actions">
        ${
          engine.noticeHash && !engine.accepted && engine.isInstalled
            ? html`<button class="btn btn-line" @click=${() => void this.#accept(engine)}>${texts.accept}</button>`
            : nothing
        }
        ${
          engine.isEnabled && !engine.isDefault
            ? html`<button class="btn btn-line" @click=${() => void this.#makeDefault(engine)}>${texts.makeDefault}</button>`
            : nothing
        }
        ${
          engine.accepted && engine.events === 0
            ? html`<button class="btn btn-quiet" @click=${() => void this.#withdraw(engine)}>${texts.withdraw}</button>`
            : nothing
        }
      </div>
    </section>`;
  }

  async #accept(engine: Engine): Promise<void> {
    const texts = d().engines;
    await ask({
      title: texts.acceptTitle,
      body: html`<p>${engine.notice?.[lang.value]}</p>
        <p>${texts.acceptBody}</p>`,
      action: texts.accept,
      run: () =>
        call<typeof engines.acceptEngine>('POST', '/api/admin/face-engines/:engine/accept', {
          params: { engine: engine.id },
          body: { noticeHash: engine.noticeHash! },
        }),
    });
    await this.#engines.reload();
  }
  async #withdraw(engine: Engine): Promise<void> {
    await act(
      () =>
        call<typeof engines.withdrawEngine>('DELETE', '/api/admin/face-engines/:engine/accept', {
          params: { engine: engine.id },
        }),
      d().engines.saved,
    );
    await this.#engines.reload();
  }
  async #makeDefault(engine: Engine): Promise<void> {
    await act(
      () =>
        call<typeof engines.setDefaultEngine>('PUT', '/api/admin/face-engines/default', {
          body: { engine: engine.id },
        }),
      d().engines.saved,
    );
    await this.#engines.reload();
  }
}
