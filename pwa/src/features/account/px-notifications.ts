import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { Loader } from '../../components/loader.ts';
import { iosSteps, turnOn } from '../../components/person/px-ask.ts';
import { icon } from '../../components/px-icon.ts';
import { skeletonLines } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { browserName } from '../../data/browser-name.ts';
import type { Answer } from '../../data/contract.ts';
import { device } from '../../data/device.ts';
import { askToInstall, installable } from '../../data/install.ts';
import { disablePush, keepPush, pushState, refreshPush, thisEndpoint } from '../../data/push.ts';
import { accountUser, ensureSession, session } from '../../data/session.ts';
import { formatDateShort } from '../../i18n/format.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import './notifications.css';
import './px-line-link.ts';

type Preferences = Answer<'GET /api/notices/preferences'>;
type Item = Preferences['items'][number];
type Device = Answer<'GET /api/notices/push'>['devices'][number];
const channels = ['email', 'push', 'line'] as const;

/** What the person is told of, and where: this device, other devices, LINE, and each kind on each channel. Guests too. */
@customElement('px-notifications')
export class PxNotifications extends PxElement {
  @state() private devices: readonly Device[] = [];
  @state() private busy = false;
  readonly #preferences = new Loader<Preferences>(this, async () => {
    await ensureSession();
    await keepPush().catch(() => undefined);
    const [preferences] = await Promise.all([api('GET /api/notices/preferences'), refreshPush(), this.#readDevices()]);
    return preferences;
  });

  constructor() {
    super();
    this.watch(pushState);
    this.watch(installable);
    this.watch(session);
  }

  async #readDevices(): Promise<void> {
    const [{ devices }, own] = await Promise.all([api('GET /api/notices/push'), thisEndpoint()]);
    this.devices = devices.filter((each) => each.endpointHash !== own);
  }

  protected override render(): TemplateResult {
    return this.#preferences.view(
      (preferences) => html`<div class="notifications">
        <p class="soft">${p().settings.lead}</p>
        ${this.#kinds(preferences)} ${this.#device()}
        <section class="card stack">
          <h2 class="section-title">${p().settings.line}</h2>
          <px-line-link .hasAccount=${accountUser() !== null} @px-line=${() => this.#preferences.reload()}></px-line-link>
        </section>
        ${this.#install()}
      </div>`,
      html`<div class="notifications">${[7, 3].map((lines) => html`<div class="card">${skeletonLines(lines)}</div>`)}</div>`,
    );
  }

  #kinds(preferences: Preferences): TemplateResult {
    const texts = p().settings;
    const kinds = [...new Set(preferences.items.map((item) => item.kind))];
    return html`<section class="card">
      <h2 class="section-title">${texts.what}</h2>
      <table class="kinds">
        <thead>
          <tr>
            <td></td>
            ${channels.map((channel) => html`<th scope="col">${texts.channels[channel]}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${kinds.map(
            (kind) => html`<tr>
              <th scope="row">${texts.kinds[kind]}<small class="soft">${texts.kindHints[kind]}</small></th>
              ${channels.map((channel) => {
                const item = preferences.items.find((each) => each.kind === kind && each.channel === channel);
                return html`<td>${item ? this.#switch(item) : nothing}</td>`;
              })}
            </tr>`,
          )}
        </tbody>
      </table>
      <p class="soft small">${preferences.channels.email ? texts.alwaysHint : texts.noEmail}</p>
    </section>`;
  }

  #switch(item: Item): TemplateResult {
    const texts = p().settings;
    const name = `${texts.kinds[item.kind]}, ${texts.channels[item.channel]}`;
    if (!item.canChange)
      return html`<span class="always" title=${texts.alwaysHint}>${icon('lock', name)}<small>${texts.always}</small></span>`;
    return html`<label class="switch switch-alone">
      <input
        type="checkbox"
        role="switch"
        aria-label=${name}
        .checked=${item.isOn}
        @change=${(event: Event) => this.#choose(item, event.target as HTMLInputElement)}
      />
    </label>`;
  }

  async #choose({ kind, channel }: Item, input: HTMLInputElement): Promise<void> {
    try {
      this.#preferences.set(
        await api('PUT /api/notices/preferences', { body: { items: [{ kind, channel, isOn: input.checked }] } }),
      );
    } catch (error) {
      input.checked = !input.checked;
      toast(problemText(error), { kind: 'error' });
    }
  }

  #device(): TemplateResult {
    const texts = p().settings;
    const now = pushState.value;
    return html`<section class="card stack">
      <h2 class="section-title">${texts.device}</h2>
      <p role="status">${texts.states[now]}</p>
      ${now === 'install' ? iosSteps() : nothing}
      ${
        now === 'off' || now === 'on'
          ? html`<div>
            <button class="btn ${now === 'off' ? 'btn-solid' : 'btn-line'}" ?disabled=${this.busy} @click=${() => this.#toggle(now === 'off')}>
              ${icon('bell')}${now === 'off' ? texts.enable : texts.disable}
            </button>
          </div>`
          : nothing
      }
      ${
        this.devices.length > 0
          ? html`<h3 class="small">${texts.otherDevices}</h3>
            <ul class="list">
              ${this.devices.map(
                (each) => html`<li class="spread data-row">
                  <span>${browserName(each.userAgent) ?? each.service}<br /><small class="soft">${texts.since(formatDateShort(each.createdAt))}</small></span>
                  <button class="btn btn-line" @click=${() => this.#remove(each)}>${texts.remove}</button>
                </li>`,
              )}
            </ul>`
          : nothing
      }
    </section>`;
  }

  #toggle(on: boolean): void {
    this.busy = true;
    // Straight from the tap: Safari asks for permission nowhere else.
    const change = on ? turnOn() : disablePush();
    void change
      .catch((error: unknown) => toast(problemText(error), { kind: 'error' }))
      .finally(() => {
        this.busy = false;
        void this.#preferences.reload();
      });
  }

  async #remove({ id }: Device): Promise<void> {
    try {
      await api('DELETE /api/notices/push', { body: { id } });
      this.devices = this.devices.filter((each) => each.id !== id);
      toast(p().settings.removed, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }

  #install(): TemplateResult | typeof nothing {
    const texts = p().ask;
    if (device.isInstalled || !installable.value) return nothing;
    return html`<section class="card stack">
      <h2 class="section-title">${p().settings.app}</h2>
      <p>${texts.installBody}</p>
      <div><button class="btn btn-line" @click=${() => askToInstall()}>${icon('phone')}${texts.installYes}</button></div>
    </section>`;
  }
}
