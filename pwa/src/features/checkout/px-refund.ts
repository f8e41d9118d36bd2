import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, formValues } from '../../components/field.ts';
import '../../components/px-dialog.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import type { Order } from '../../data/orders.ts';
import { bankNames } from '../../i18n/banks.ts';
import { lang, t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';

type Problems = Partial<Record<'reason' | 'photos' | 'accountName' | 'accountNumber' | 'all', string>>;

/** Asks for the money of an order, or of some of its photos, back: what went wrong, which photos, to which account. */
@customElement('px-refund')
export class PxRefund extends PxElement {
  @property({ attribute: false }) order!: Order;
  @state() private open = false;
  @state() private sent = false;
  @state() private problems: Problems = {};
  @state() private busy = false;
  /** What was sent last and its key: the same again is the same request. Not kept on the device, it holds an account number. */
  #sentBefore = { text: '', key: '' };

  protected override render(): TemplateResult {
    const texts = t().order;
    return html`<button class="btn btn-quiet" ?disabled=${this.sent} @click=${() => (this.open = true)}>
        ${this.sent ? texts.refundSent : texts.requestRefund}
      </button>
      <px-dialog .heading=${texts.requestRefund} .open=${this.open} @px-close=${() => (this.open = false)}>
        ${this.open ? this.#form() : nothing}
        <button slot="actions" class="btn btn-solid" type="submit" form="refund-form" aria-busy=${this.busy ? 'true' : 'false'}>
          ${texts.refundSend}
        </button>
      </px-dialog>`;
  }

  #form(): TemplateResult {
    const texts = t().order;
    const { problems } = this;
    const items = this.order.items.filter((item) => item.delivery !== 'revoked');
    // An unlimited package goes back as a whole: where it is all there is, there is nothing to choose.
    const unlimited = this.order.packages.filter((each) => each.kind === 'unlimited');
    const isWhole = items.every((item) =>
      unlimited.some((each) => each.eventId === item.eventId && each.packageId === item.packageId),
    );
    const banks = Object.entries(bankNames[lang.value]).sort(([, a], [, b]) => a.localeCompare(b, lang.value));
    return html`<form id="refund-form" class="stack" novalidate @submit=${this.#send}>
      <div class="field">
        <label for="refund-reason">${texts.refundReason}</label>
        <textarea
          class="input"
          id="refund-reason"
          name="reason"
          maxlength="1000"
          aria-invalid=${problems.reason ? 'true' : 'false'}
          aria-describedby=${problems.reason ? 'refund-reason-problem' : nothing}
        ></textarea>
        ${problems.reason ? html`<p class="problem" id="refund-reason-problem">${problems.reason}</p>` : nothing}
      </div>
      ${
        isWhole
          ? html`<p class="note">${icon('info')}<span>${texts.refundWhole}</span></p>`
          : items.length > 1
            ? html`<fieldset class="field">
              <legend>${texts.refundPhotos}</legend>
              <div class="refund-photos">
                ${items.map(
                  (item, index) =>
                    html`<label
                      ><input type="checkbox" name="item" value=${item.id} checked aria-label="${item.fileName}, ${index + 1}" /><img
                        src=${item.thumbnailUrl ?? ''}
                        alt=""
                        loading="lazy"
                    /></label>`,
                )}
              </div>
              ${problems.photos ? html`<p class="problem">${problems.photos}</p>` : nothing}
            </fieldset>`
            : nothing
      }
      <fieldset class="stack field">
        <legend>${texts.refundPayee}</legend>
        <p class="soft small">${texts.refundPayeeHint}</p>
        <div class="field">
          <label for="bankCode">${texts.refundBank}</label>
          <select class="input" id="bankCode" name="bankCode">
            ${banks.map(([code, name]) => html`<option value=${code} ?selected=${code === '004'}>${name}</option>`)}
          </select>
        </div>
        ${field({ name: 'accountName', label: texts.refundAccountName, problem: problems.accountName ?? null, autocomplete: 'name', maxlength: 120 })}
        ${field({
          name: 'accountNumber',
          label: texts.refundAccountNumber,
          problem: problems.accountNumber ?? null,
          inputmode: 'numeric',
          autocomplete: 'off',
          maxlength: 20,
        })}
      </fieldset>
      <div role="alert">${problems.all ? html`<p class="problem">${problems.all}</p>` : nothing}</div>
    </form>`;
  }

  readonly #send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const form = event.target as HTMLFormElement;
    const { reason = '', bankCode = '', accountName = '', accountNumber = '' } = formValues(form);
    const chosen = new FormData(form).getAll('item').map(String);
    const offered = form.querySelectorAll('input[name="item"]').length;
    const required = t().errors.fieldRequired;
    this.problems = {
      ...(reason.length < 3 && { reason: required }),
      ...(offered > 0 && chosen.length === 0 && { photos: t().order.refundChooseOne }),
      ...(accountName === '' && { accountName: required }),
      ...(!/^[0-9-]{6,20}$/.test(accountNumber) && { accountNumber: t().order.refundAccountWrong }),
    };
    if (Object.keys(this.problems).length > 0) {
      await this.updateComplete;
      focusFirstProblem(form);
      return;
    }
    const itemIds = chosen.length > 0 && chosen.length < offered ? chosen : undefined;
    const body = { orderId: this.order.id, reason, itemIds, payee: { bankCode, accountName, accountNumber } };
    const text = JSON.stringify(body);
    if (this.#sentBefore.text !== text) this.#sentBefore = { text, key: crypto.randomUUID() };
    this.busy = true;
    try {
      await api('POST /api/payment/refund', { body, idempotencyKey: this.#sentBefore.key });
      this.sent = true;
      this.open = false;
      toast(t().order.refundSent, { kind: 'success' });
    } catch (error) {
      this.problems = { all: problemText(error) };
    } finally {
      this.busy = false;
    }
  };
}
