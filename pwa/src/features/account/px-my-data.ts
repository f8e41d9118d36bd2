import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { Loader, ofMine } from '../../components/loader.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-dialog.ts';
import { saveBlob } from '../../components/save.ts';
import { skeletonLines } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { allConsents, dropConsent } from '../../data/consents.ts';
import type { Answer } from '../../data/contract.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { type Hide, isStanding, loadHides } from '../../data/hiding.ts';
import { loadMyArchive } from '../../data/my-archive.ts';
import { forgetSearch } from '../../data/searches.ts';
import { accountUser, session } from '../../data/session.ts';
import { formatDateShort } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import { clearDevice } from '../auth/sign-out.ts';
import '../auth/px-password.ts';

type Consent = Answer<'GET /api/consents'>['items'][number];
type PrivacyRequest = Answer<'GET /api/privacy/requests'>['items'][number];

interface MyData {
  consents: readonly Consent[];
  requests: readonly PrivacyRequest[];
  hides: readonly Hide[];
}
const nothingYet: MyData = { consents: [], requests: [], hides: [] };

/** Consents with their switch-off, a copy of everything, and erasure: as easy as giving was. */
@customElement('px-my-data')
export class PxMyData extends PxElement {
  @state() private busy = '';
  @state() private asking = false;
  @state() private removeProblem = '';
  readonly #data = new Loader<MyData>(this, () => ofMine(nothingYet, () => this.#load()));

  async #load(): Promise<MyData> {
    const [consents, requests, hides] = await Promise.all([
      allConsents(),
      api('GET /api/privacy/requests'),
      loadHides(),
    ]);
    const standing = hides.filter(isStanding);
    for (const { eventId } of [...consents, ...standing])
      if (eventId && !knownEvent(eventId)) void loadEvent(eventId, () => this.requestUpdate()).catch(() => undefined);
    return { consents, requests: requests.items, hides: standing };
  }

  protected override render(): TemplateResult {
    return this.#data.view(
      (data) => this.#sections(data),
      html`<div class="my-data">${[4, 3].map((lines) => html`<div class="card">${skeletonLines(lines)}</div>`)}</div>`,
    );
  }

  #sections({ consents, requests, hides }: MyData): TemplateResult {
    const texts = t().privacy;
    return html`<div class="my-data">
      <section class="card stack">
        <h2 class="section-title">${texts.consents}</h2>
        ${
          consents.length === 0
            ? html`<p class="soft">${texts.consentsNone}</p>`
            : html`<ul class="list">
              ${consents.map((consent) => this.#consent(consent))}
            </ul>`
        }
      </section>
      <section class="card stack">
        <h2 class="section-title">${texts.export}</h2>
        <p class="soft">${texts.exportBody}</p>
        <button class="btn btn-line" ?disabled=${this.busy === 'export'} @click=${this.#export}>
          ${icon('download')}${texts.exportAction}
        </button>
      </section>
      ${hides.length > 0 ? this.#hidden(hides) : nothing} ${session.value.user ? this.#removal() : nothing}
      ${
        requests.length > 0
          ? html`<section class="card stack">
            <h2 class="section-title">${texts.requests}</h2>
            <ul class="list">
              ${requests.map(
                (request) => html`<li class="spread data-row">
                  <span>${texts.requestKinds[request.kind]}<br /><small class="soft">${formatDateShort(request.createdAt)}</small></span>
                  <span class="badge">${texts.requestStatuses[request.status]}</span>
                </li>`,
              )}
            </ul>
          </section>`
          : nothing
      }
    </div>`;
  }

  #consent(consent: Consent): TemplateResult {
    const texts = t().privacy;
    const event = consent.eventId ? knownEvent(consent.eventId) : undefined;
    const purpose = texts.purposes[consent.purpose];
    return html`<li class="spread data-row">
      <span>
        ${event ? `${purpose}: ${eventName(event)}` : purpose}<br />
        <small class="soft">
          ${consent.withdrawnAt ? texts.withdrawn(formatDateShort(consent.withdrawnAt)) : texts.given(formatDateShort(consent.grantedAt))}${
            consent.isLive && consent.expiresAt ? `, ${texts.expires(formatDateShort(consent.expiresAt))}` : ''
          }
        </small>
      </span>
      ${
        consent.isLive
          ? html`<button class="btn btn-line" ?disabled=${this.busy === consent.id} @click=${() => this.#withdraw(consent)}>
            ${texts.withdraw}
          </button>`
          : nothing
      }
    </li>`;
  }

  #hidden(hides: readonly Hide[]): TemplateResult {
    const texts = p().hide;
    return html`<section class="card stack">
      <h2 class="section-title">${texts.mine}</h2>
      <ul class="list">
        ${hides.map((hide) => {
          const event = knownEvent(hide.eventId);
          return html`<li class="spread data-row">
            <span>
              ${event ? eventName(event) : t().cart.event}<br />
              <small class="soft">${hide.hiddenFaces > 0 ? texts.hidden(hide.hiddenFaces) : texts.states[hide.status]}</small>
            </span>
            ${event ? html`<a class="btn btn-line" href="${eventPath(event)}/hide">${texts.open}</a>` : nothing}
          </li>`;
        })}
      </ul>
    </section>`;
  }

  async #withdraw(consent: Consent): Promise<void> {
    this.busy = consent.id;
    try {
      const changed = await api('POST /api/consents/:id/withdraw', { params: { id: consent.id } });
      const data = this.#data.value ?? nothingYet;
      this.#data.set({ ...data, consents: data.consents.map((each) => (each.id === consent.id ? changed : each)) });
      dropConsent(consent.id);
      if (consent.eventId) await forgetSearch(consent.eventId);
      toast(t().privacy.withdrawDone, { kind: 'success' });
      if (consent.purpose === 'hide_me') await this.#data.reload();
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = '';
    }
  }

  readonly #export = async (): Promise<void> => {
    this.busy = 'export';
    try {
      await saveBlob(await loadMyArchive(), 'thepixstock-my-data.zip');
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = '';
    }
  };

  #removal(): TemplateResult {
    const texts = t().privacy;
    return html`<section class="card stack">
        <h2 class="section-title">${texts.remove}</h2>
        <p class="soft">${texts.removeBody}</p>
        <button class="btn btn-danger" @click=${() => (this.asking = true)}>${texts.removeAction}</button>
      </section>
      <px-dialog .heading=${texts.remove} .open=${this.asking} @px-close=${() => (this.asking = false)}>
        <form class="stack" id="remove-form" novalidate @submit=${this.#remove}>
          <p>${texts.removeConfirm}</p>
          ${
            accountUser()
              ? html`<px-password name="password" .label=${t().auth.password} .problem=${this.removeProblem}></px-password>`
              : nothing
          }
          <button class="btn btn-danger" ?disabled=${this.busy === 'remove'}>${texts.removeAction}</button>
        </form>
        <button slot="actions" class="btn btn-quiet" @click=${() => (this.asking = false)}>${t().app.cancel}</button>
      </px-dialog>`;
  }

  readonly #remove = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    this.busy = 'remove';
    this.removeProblem = '';
    try {
      const password = new FormData(event.target as HTMLFormElement).get('password')?.toString();
      await api('DELETE /api/account', { body: { password } });
      this.asking = false;
      await clearDevice();
      toast(t().privacy.removed, { kind: 'success' });
      navigate('/', { replace: true });
    } catch (error) {
      this.removeProblem = problemText(error);
    } finally {
      this.busy = '';
    }
  };
}
