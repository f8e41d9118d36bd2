import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as engines from '#contracts/http/face-engines.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, selectField } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';

type State = Answer<typeof engines.readEngineState>;
type Engine = ItemOf<typeof engines.listEngines>;
const REFRESH_MS = 4_000;

/** The face model of one event: which it is, and the way to another one with its progress. */
@customElement('px-event-engine')
export class PxEventEngine extends PxElement {
  @property() eventId = '';
  @state() private to = '';
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #state = new Loader<State>(this, () =>
    call<typeof engines.readEngineState>('GET', '/api/admin/events/:id/face-engine', { params: { id: this.eventId } }),
  );
  readonly #engines = new Loader<readonly Engine[]>(
    this,
    async () => (await call<typeof engines.listEngines>('GET', '/api/admin/face-engines')).items,
  );

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      if (this.#state.value?.change?.status === 'running' && document.visibilityState === 'visible')
        void this.#state.reload();
    }, REFRESH_MS);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override render(): TemplateResult {
    const texts = d().engines;
    return html`<h2>${texts.ofEvent}</h2>
      ${this.#state.view(
        (now) => html`<p>${texts.now} <b>${now.engine}</b></p>
        ${this.#earlier(now)}
        ${now.change?.status === 'running' ? this.#running(now.change) : this.#engines.view((all) => this.#chooser(now, all))}`,
      )}`;
  }

  #earlier({ engine, openSearches }: State): TemplateResult | typeof nothing {
    const count = openSearches.reduce((sum, each) => sum + (each.engine === engine ? 0 : each.count), 0);
    return count > 0 ? html`<p class="soft small">${d().engines.waiting(count)}</p>` : nothing;
  }

  #running(change: NonNullable<State['change']>): TemplateResult {
    const texts = d().engines;
    return html`<p>${texts.changeTo} <b>${change.to}</b></p>
      <progress max=${change.photos} value=${change.described} aria-label=${texts.progress(change.described, change.photos)}></progress>
      <p class="num soft small">${texts.progress(change.described, change.photos)}</p>
      ${change.failed.length > 0 ? html`<p class="note note-warning"><span>${texts.failed(change.failed.length)}</span></p>` : nothing}
      <div class="desk-actions">
        ${
          change.failed.length > 0
            ? html`<button class="btn btn-line" @click=${() => void this.#control('retry')}>${texts.retry}</button>
                <button class="btn btn-line" @click=${() => void this.#control('switch')}>${texts.switch}</button>`
            : nothing
        }
        <button class="btn btn-quiet" @click=${() => void this.#control('cancel')}>${texts.cancel}</button>
      </div>`;
  }

  #chooser(now: State, all: readonly Engine[]): TemplateResult | typeof nothing {
    const texts = d().engines;
    const others = all.filter((engine) => engine.isEnabled && engine.id !== now.engine);
    if (others.length === 0) return html`<a href="/admin/engines">${texts.title}</a>`;
    const to = others.some((engine) => engine.id === this.to) ? this.to : others[0]!.id;
    return html`${selectField({
      name: 'engine',
      label: texts.changeTo,
      value: to,
      options: others.map((engine) => ({ value: engine.id, label: engine.title })),
      hint: texts.changeHint,
      onChange: (value) => {
        this.to = value;
      },
    })}
      <div><button class="btn btn-line" @click=${() => void this.#start(to)}>${texts.change}</button></div>`;
  }

  async #start(engine: string): Promise<void> {
    await act(async () => {
      this.#state.set(
        await call<typeof engines.changeEngine>('POST', '/api/admin/events/:id/face-engine', {
          params: { id: this.eventId },
          body: { engine },
        }),
      );
    }, d().engines.started);
  }
  async #control(action: 'cancel' | 'retry' | 'switch'): Promise<void> {
    await act(async () => {
      this.#state.set(
        await call<typeof engines.controlEngineChange>('POST', '/api/admin/events/:id/face-engine/:action', {
          params: { id: this.eventId, action },
        }),
      );
    });
  }
}
