import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import '../../components/px-dialog.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { forgetKey, keyFor } from '../../data/orders.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';

/** Asks for the money back: one question, one button. */
@customElement('px-refund')
export class PxRefund extends PxElement {
  @property() orderId = '';
  @state() private open = false;
  @state() private sent = false;
  @state() private problem = '';
  @state() private reason = '';

  protected override render(): TemplateResult {
    const texts = t().order;
    return html`<button class="btn btn-quiet" ?disabled=${this.sent} @click=${() => (this.open = true)}>
        ${this.sent ? texts.refundSent : texts.requestRefund}
      </button>
      <px-dialog .heading=${texts.requestRefund} .open=${this.open} @px-close=${() => (this.open = false)}>
        <div class="field">
          <label for="refund-reason">${texts.refundReason}</label>
          <textarea
            class="input"
            id="refund-reason"
            maxlength="1000"
            aria-invalid=${this.problem ? 'true' : 'false'}
            @input=${(event: InputEvent) => {
              this.reason = (event.target as HTMLTextAreaElement).value;
            }}
          ></textarea>
          ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ''}
        </div>
        <button slot="actions" class="btn btn-solid" @click=${this.#send}>${texts.refundSend}</button>
      </px-dialog>`;
  }

  readonly #send = async (): Promise<void> => {
    const reason = this.reason.trim();
    if (reason.length < 3) {
      this.problem = t().errors.fieldRequired;
      return;
    }
    const intent = `refund:${this.orderId}`;
    try {
      await api('POST /api/payment/refund', {
        body: { orderId: this.orderId, reason },
        idempotencyKey: keyFor(intent),
      });
      forgetKey(intent);
      this.sent = true;
      this.open = false;
      toast(t().order.refundSent, { kind: 'success' });
    } catch (error) {
      this.problem = problemText(error);
    }
  };
}
