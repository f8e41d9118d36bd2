import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { field, formValues } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { saveBlob } from '../../components/save.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import type { Answer } from '../../data/contract.ts';
import { accountUser, session, setSession } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import '../auth/px-password.ts';

type Started = Answer<'POST /api/auth/two-factor/enable'>;
/** What the password was asked for. */
type Wish = 'enable' | 'disable' | 'codes';

/** The second step at sign-in: QR and key, recovery codes, first code; new codes and off again. Emits `px-changed`. */
@customElement('px-two-factor')
export class PxTwoFactor extends PxElement {
  @state() private wish: Wish | null = null;
  @state() private started: Started | null = null;
  @state() private newCodes: readonly string[] | null = null;
  @state() private problems: Record<string, string> = {};
  @state() private busy = false;

  constructor() {
    super();
    this.watch(session);
  }

  protected override render(): TemplateResult {
    const texts = p().security;
    const user = accountUser();
    const isOn = user?.twoFactorEnabled ?? false;
    return html`<section class="card stack" aria-labelledby="two-factor">
      <h2 class="section-title" id="two-factor">${texts.twoFactor}</h2>
      <p class="soft">${texts.body}</p>
      ${!isOn && user && user.role !== 'customer' ? html`<p class="note note-warning">${icon('shield')}<span>${texts.staff}</span></p>` : nothing}
      <p role="status">${icon(isOn ? 'check-circle' : 'info')} ${isOn ? texts.on : texts.off}</p>
      ${this.newCodes ? this.#codes(this.newCodes, texts.newCodes) : nothing}
      ${this.started ? this.#setUp(this.started) : this.wish ? this.#password(this.wish) : this.#buttons(isOn)}
    </section>`;
  }

  #buttons(isOn: boolean): TemplateResult {
    const texts = p().security;
    const ask = (wish: Wish) => async (): Promise<void> => {
      this.wish = wish;
      this.newCodes = null;
      this.problems = {};
      await this.updateComplete;
      this.querySelector<HTMLInputElement>('input[name="password"]')?.focus();
    };
    if (!isOn) return html`<div><button class="btn btn-solid" @click=${ask('enable')}>${texts.setUp}</button></div>`;
    return html`<div class="row">
      <button class="btn btn-line" @click=${ask('codes')}>${texts.newCodes}</button>
      <button class="btn btn-quiet" @click=${ask('disable')}>${texts.turnOff}</button>
    </div>`;
  }

  #password(wish: Wish): TemplateResult {
    const texts = p().security;
    const words = { enable: '', disable: texts.turnOffBody, codes: texts.newCodesBody }[wish];
    return html`<form class="stack" novalidate @submit=${(event: SubmitEvent) => this.#ask(event, wish)}>
      ${words ? html`<p>${words}</p>` : nothing}
      <px-password name="password" .label=${texts.passwordFirst} .problem=${this.problems.password ?? ''}></px-password>
      <div class="row">
        <button class="btn ${wish === 'disable' ? 'btn-danger' : 'btn-solid'}" ?disabled=${this.busy}>
          ${{ enable: texts.next, disable: texts.turnOff, codes: texts.newCodes }[wish]}
        </button>
        <button type="button" class="btn btn-quiet" @click=${() => (this.wish = null)}>${t().app.cancel}</button>
      </div>
    </form>`;
  }

  async #ask(event: SubmitEvent, wish: Wish): Promise<void> {
    event.preventDefault();
    const password = new FormData(event.target as HTMLFormElement).get('password')?.toString() ?? '';
    if (!password) {
      this.problems = { password: t().errors.fieldRequired };
      return;
    }
    await this.#do('password', async () => {
      const body = { password };
      if (wish === 'enable') this.started = await api('POST /api/auth/two-factor/enable', { body });
      else if (wish === 'codes')
        this.newCodes = (await api('POST /api/auth/two-factor/backup-codes', { body })).backupCodes;
      else {
        setSession((await api('POST /api/auth/two-factor/disable', { body })).user);
        toast(p().security.turnedOff, { kind: 'success' });
        this.emit('px-changed');
      }
      this.wish = null;
    });
  }

  /** Runs one step; what the server refuses stands at the field. */
  async #do(name: string, step: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problems = {};
    try {
      await step();
    } catch (error) {
      this.problems = { [name]: problemText(error) };
    } finally {
      this.busy = false;
    }
  }

  #setUp({ qr, secret, totpUri, backupCodes }: Started): TemplateResult {
    const texts = p().security;
    return html`<div class="stack">
      <h3>${texts.scan}</h3>
      <p class="soft small">${texts.scanBody}</p>
      <div class="totp">
        <img src="data:image/svg+xml,${encodeURIComponent(qr)}" alt=${texts.scan} width="200" height="200" />
        <p>
          <a class="btn btn-line" href=${totpUri}>${icon('phone')}${texts.openApp}</a><br />
          <span class="soft small">${texts.byHand}</span><br />
          <output class="secret">${secret.replace(/(.{4})/g, '$1 ').trim()}</output>
        </p>
      </div>
      ${this.#codes(backupCodes, texts.codes)}
      <form class="stack" novalidate @submit=${this.#confirm}>
        <h3>${texts.confirm}</h3>
        ${field({ name: 'totp', label: texts.code, inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 8, problem: this.problems.totp, required: true })}
        <div class="row">
          <button class="btn btn-solid" ?disabled=${this.busy}>${texts.turnOn}</button>
          <button type="button" class="btn btn-quiet" @click=${() => (this.started = null)}>${t().app.cancel}</button>
        </div>
      </form>
    </div>`;
  }

  readonly #confirm = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const code = (formValues(event.target as HTMLFormElement).totp ?? '').replace(/\s/g, '');
    if (!/^\d{6}$/.test(code)) {
      this.problems = { totp: t().errors.fieldRequired };
      return;
    }
    await this.#do('totp', async () => {
      setSession((await api('POST /api/auth/two-factor/verify', { body: { code } })).user);
      this.started = null;
      toast(p().security.done, { kind: 'success' });
      this.emit('px-changed');
    });
  };

  #codes(codes: readonly string[], title: string): TemplateResult {
    const texts = p().security;
    return html`<h3>${title}</h3>
      <p class="soft small">${texts.codesBody}</p>
      <ul class="recovery num">${codes.map((code) => html`<li>${code}</li>`)}</ul>
      <div class="row">
        <button type="button" class="btn btn-line" @click=${() => this.#saveCodes(codes)}>${icon('download')}${texts.saveCodes}</button>
        <button type="button" class="btn btn-quiet" @click=${() => this.#copy(codes)}>${icon('copy')}${texts.copyCodes}</button>
      </div>`;
  }

  #saveCodes(codes: readonly string[]): void {
    const texts = p().security;
    const lines = [texts.fileHead(accountUser()?.email ?? ''), '', ...codes, ''];
    void saveBlob(new Blob([lines.join('\r\n')], { type: 'text/plain' }), texts.fileName);
  }

  async #copy(codes: readonly string[]): Promise<void> {
    await navigator.clipboard.writeText(codes.join('\n')).catch(() => undefined);
    toast(t().app.copied);
  }
}
