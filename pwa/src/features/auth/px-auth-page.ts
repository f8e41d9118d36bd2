import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, formValues, isStrongPassword, looksLikeEmail } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { cart } from '../../context/cart.ts';
import { navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { loadConfig } from '../../data/config.ts';
import { isProblem } from '../../data/problem.ts';
import { refreshSession, signIn } from '../../data/session.ts';
import { lang, t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './auth.css';
import './px-password.ts';

export type AuthView = 'sign-in' | 'register' | 'forgot' | 'reset' | 'verify';
type Values = Record<string, string>;

const deskOf: Record<string, string> = { photographer: '/studio', admin: '/admin', organizer: '/organizer' };

/** Only paths of our own: `next` comes from the address bar. */
const safeNext = (next: string | null): string | null => (next && /^\/(?![/\\])/.test(next) ? next : null);

/** Sign in, register, forgot, reset, verify: one form each, in one frame. */
@customElement('px-auth-page')
export class PxAuthPage extends PxElement {
  @property() view: AuthView = 'sign-in';
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private problems: Values = {};
  @state() private problem = '';
  @state() private busy = false;
  @state() private needsCode = false;
  /** E-mail that something was sent to: the form has done its work. */
  @state() private mailedTo = '';
  @state() private isDemo = false;
  @state() private email = '';

  override connectedCallback(): void {
    super.connectedCallback();
    loadConfig().then(
      ({ demo }) => {
        this.isDemo = demo;
      },
      () => undefined,
    );
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('view')) return;
    this.problems = {};
    this.problem = '';
    this.mailedTo = '';
    this.needsCode = false;
    if (this.view === 'verify' && this.query.get('status')) void refreshSession().catch(() => undefined);
  }

  get #next(): string {
    const next = safeNext(this.query.get('next'));
    return next ? `?next=${encodeURIComponent(next)}` : '';
  }

  protected override render(): TemplateResult {
    const texts = t().auth;
    const [title, lead] = {
      'sign-in': [texts.signInTitle, texts.signInLead],
      register: [texts.registerTitle, texts.registerLead],
      forgot: [texts.forgotTitle, texts.forgotLead],
      reset: [texts.resetTitle, ''],
      verify: [texts.verifyTitle, ''],
    }[this.view] as [string, string];
    setTitle(title);
    return html`<div class="page auth">
      <div class="auth-card stack">
        ${
          this.mailedTo
            ? this.#mailed()
            : html`<header>
                <h1 class="page-title">${title}</h1>
                ${lead ? html`<p class="soft">${lead}</p>` : nothing}
              </header>
              ${this.view === 'verify' ? this.#verify() : this.#form()}`
        }
      </div>
    </div>`;
  }

  #form(): TemplateResult {
    return html`<form class="stack" novalidate @submit=${this.#submit}>
      ${
        this.view === 'register'
          ? field({
              name: 'name',
              label: t().auth.name,
              autocomplete: 'name',
              problem: this.problems.name,
              required: true,
              maxlength: 100,
            })
          : nothing
      }
      ${
        this.view === 'reset'
          ? nothing
          : field({
              name: 'email',
              label: t().auth.email,
              type: 'email',
              inputmode: 'email',
              autocomplete: 'username',
              value: this.email,
              problem: this.problems.email,
              required: true,
              onInput: (value) => {
                this.email = value;
              },
            })
      }
      ${this.view === 'forgot' ? nothing : this.#password()}
      ${
        this.needsCode
          ? field({
              name: 'code',
              label: t().auth.twoFactor,
              hint: t().auth.twoFactorHint,
              autocomplete: 'one-time-code',
              problem: this.problems.code,
              required: true,
            })
          : nothing
      }
      <div role="alert">${this.problem ? html`<p class="note note-error">${icon('warning')}<span>${this.problem}</span></p>` : nothing}</div>
      <button class="btn btn-solid btn-big btn-wide" ?disabled=${this.busy} aria-busy=${this.busy ? 'true' : 'false'}>
        ${this.#action}
      </button>
      ${this.#links()}
    </form>`;
  }

  get #action(): string {
    const texts = t().auth;
    return {
      'sign-in': texts.signIn,
      register: texts.register,
      forgot: texts.sendLink,
      reset: texts.setPassword,
      verify: '',
    }[this.view];
  }

  #password(): TemplateResult {
    const texts = t().auth;
    const isNew = this.view !== 'sign-in';
    return html`<px-password
      name="password"
      .label=${this.view === 'reset' ? texts.newPassword : texts.password}
      .hint=${isNew ? texts.passwordHint : ''}
      .problem=${this.problems.password ?? ''}
      .isNew=${isNew}
    ></px-password>`;
  }

  #links(): TemplateResult | typeof nothing {
    const texts = t().auth;
    if (this.view === 'sign-in')
      return html`<p class="auth-links">
          <a href="/forgot">${texts.forgot}</a>
          <span>${texts.noAccount} <a href="/register${this.#next}">${texts.register}</a></span>
        </p>
        ${cart.value.lines.length > 0 ? html`<p class="small soft centre">${texts.cartKept}</p>` : nothing}
        ${
          this.isDemo
            ? html`<button type="button" class="btn btn-quiet small" @click=${this.#fillDemo}>${icon('sparkle')}${texts.demoFill}</button>`
            : nothing
        }`;
    return html`<p class="auth-links"><span>${texts.haveAccount} <a href="/sign-in${this.#next}">${texts.signIn}</a></span></p>`;
  }

  readonly #fillDemo = (): void => {
    this.email = 'buyer@demo.thepixstock.test';
    const password = this.querySelector<HTMLInputElement>('input[name="password"]');
    if (password) password.value = 'Demo-Pass-2026';
  };

  #mailed(): TemplateResult {
    const texts = t().auth;
    return html`<div class="auth-mailed stack" role="status">
      ${icon('mail')}
      <h1 class="page-title">${texts.checkMail}</h1>
      <p class="soft">${this.view === 'register' ? texts.checkMailVerify(this.mailedTo) : texts.checkMailReset(this.mailedTo)}</p>
      ${this.view === 'register' ? html`<button class="link" @click=${this.#resend}>${texts.resend}</button>` : nothing}
      <a class="btn btn-line" href="/sign-in${this.#next}">${texts.signIn}</a>
    </div>`;
  }

  #verify(): TemplateResult {
    const texts = t().auth;
    const status = this.query.get('status');
    if (status)
      return html`<p class="note note-success">${icon('check-circle')}<span>${texts.verified}</span></p>
        <a class="btn btn-solid btn-big btn-wide" href=${status === 'verified' ? '/account' : '/sign-in'}>
          ${status === 'verified' ? t().account.title : texts.signIn}
        </a>`;
    return html`<p class="note note-error">${icon('warning')}<span>${texts.linkBad}</span></p>
      <a class="btn btn-line btn-wide" href="/sign-in">${texts.signIn}</a>`;
  }

  readonly #resend = async (): Promise<void> => {
    try {
      await api('POST /api/auth/resend-verification', { body: { email: this.mailedTo } });
      toast(t().auth.checkMail, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  };

  #check(values: Values): Values {
    const texts = t().errors;
    const problems: Values = {};
    if (this.view === 'register' && !values.name) problems.name = texts.fieldRequired;
    if (this.view !== 'reset') {
      if (!values.email) problems.email = texts.fieldRequired;
      else if (!looksLikeEmail(values.email)) problems.email = texts.emailInvalid;
    }
    if (this.view !== 'forgot') {
      if (!values.password) problems.password = texts.fieldRequired;
      else if (this.view !== 'sign-in' && !isStrongPassword(values.password)) problems.password = texts.passwordWeak;
    }
    return problems;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = { ...formValues(form), password: new FormData(form).get('password')?.toString() ?? '' };
    this.problem = '';
    this.problems = this.#check(values);
    if (Object.keys(this.problems).length > 0) {
      await this.updateComplete;
      focusFirstProblem(form);
      return;
    }
    this.busy = true;
    try {
      await this.#send(values);
    } catch (error) {
      if (isProblem(error, 'auth.two_factor_required')) await this.#askCode();
      else this.problem = problemText(error);
    } finally {
      this.busy = false;
    }
  };

  async #askCode(): Promise<void> {
    this.needsCode = true;
    await this.updateComplete;
    this.querySelector<HTMLInputElement>('#code')?.focus();
  }

  async #send(values: Values): Promise<void> {
    const { email = '', password = '', name = '', code } = values;
    switch (this.view) {
      case 'sign-in': {
        const body = { email, password, code: code || undefined };
        const user = await signIn(() => api('POST /api/auth/login', { body }));
        navigate(safeNext(this.query.get('next')) ?? deskOf[user.role] ?? '/account', { replace: true });
        return;
      }
      case 'register':
        await api('POST /api/auth/register', { body: { email, password, name, locale: lang.value } });
        this.mailedTo = email;
        return;
      case 'forgot':
        await api('POST /api/auth/forgot-password', { body: { email } });
        this.mailedTo = email;
        return;
      default:
        await api('POST /api/auth/reset-password', { body: { token: this.query.get('token') ?? '', password } });
        toast(t().auth.resetDone, { kind: 'success' });
        navigate('/sign-in', { replace: true });
    }
  }
}
