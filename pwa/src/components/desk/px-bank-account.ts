import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as account from '#contracts/http/account.ts';
import type { BankCode } from '#contracts/http/account.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort } from '../../i18n/format.ts';
import { Drafts } from '../drafts.ts';
import { PxElement } from '../element.ts';
import { field, formValues } from '../field.ts';
import { icon } from '../px-icon.ts';
import { bankName, bankOptions } from './bank-name.ts';
import { fieldProblems } from './form.ts';
import { Loader } from './loader.ts';
import { selectField, stateBadge } from './parts.ts';

/** Where earnings are paid to. The number is never shown again, only its end. */
@customElement('px-bank-account')
export class PxBankAccount extends PxElement {
  @state() private editing = false;
  @state() private busy = false;
  @state() private problems: Record<string, string> = {};
  readonly #drafts = new Drafts();
  readonly #account = new Loader<Answer<typeof account.getBankAccount>>(this, () =>
    call<typeof account.getBankAccount>('GET', '/api/account/bank-account'),
  );

  protected override render(): TemplateResult {
    const texts = d().bank;
    return html`<h2 class="section-title">${texts.title}</h2>
      ${this.#account.view(({ bankAccount }) =>
        bankAccount && !this.editing
          ? html`<dl class="desk-facts">
                <dt>${texts.bank}</dt>
                <dd>${bankName(bankAccount.bankCode)}</dd>
                <dt>${texts.number}</dt>
                <dd class="num">•••• ${bankAccount.last4}</dd>
                <dt>${d().common.status}</dt>
                <dd>${bankAccount.verifiedAt ? stateBadge(texts.verified, 'success') : stateBadge(texts.unverified)}</dd>
                <dt>${d().common.changed}</dt>
                <dd>${formatDateShort(bankAccount.updatedAt)}</dd>
              </dl>
              <div>
                <button class="btn btn-line" @click=${() => (this.editing = true)}>${texts.change}</button>
              </div>`
          : this.#form(bankAccount !== null),
      )}`;
  }

  #form(replaces: boolean): TemplateResult {
    const texts = d().bank;
    return html`<p class="soft small">${replaces ? texts.replaceHint : texts.hint}</p>
      <form class="stack" novalidate @input=${this.#drafts.keep} @submit=${this.#save}>
        ${selectField({
          name: 'bankCode',
          label: texts.bank,
          value: '004',
          options: bankOptions(),
        })}
        ${field({ name: 'accountName', value: this.#drafts.value('accountName', ''), label: texts.holder, autocomplete: 'name', maxlength: 200, problem: this.problems.accountName })}
        ${field({ name: 'accountNumber', value: this.#drafts.value('accountNumber', ''), label: texts.number, inputmode: 'numeric', autocomplete: 'off', maxlength: 20, problem: this.problems.accountNumber })}
        ${this.problems[''] ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${this.problems['']}</span></p>` : nothing}
        <p class="small soft row">${icon('lock')}<span>${texts.safe}</span></p>
        <div class="desk-actions">
          <button class="btn btn-solid" aria-busy=${this.busy ? 'true' : 'false'}>${d().common.save}</button>
          ${
            replaces
              ? html`<button type="button" class="btn btn-quiet" @click=${() => (this.editing = false)}>
                ${d().common.cancel}
              </button>`
              : nothing
          }
        </div>
      </form>`;
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const values = formValues(event.target as HTMLFormElement);
    this.problems = {};
    if (!values.accountName) this.problems = { accountName: d().common.required };
    else if (!/^\d{10,15}$/.test((values.accountNumber ?? '').replace(/[\s-]/g, '')))
      this.problems = { accountNumber: d().bank.numberHint };
    if (Object.keys(this.problems).length > 0) return;
    this.busy = true;
    try {
      const saved = await call<typeof account.putBankAccount>('PUT', '/api/account/bank-account', {
        body: {
          bankCode: values.bankCode as BankCode,
          accountName: values.accountName ?? '',
          accountNumber: values.accountNumber ?? '',
        },
      });
      this.#account.set(saved);
      this.editing = false;
      this.#drafts.clear();
      toast(d().common.saved, { kind: 'success' });
    } catch (error) {
      this.problems = fieldProblems(error);
    }
    this.busy = false;
  };
}
