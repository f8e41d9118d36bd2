import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import { fieldProblems, fromLocalInput, toLocalInput } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { areaField, pageHead, selectField } from '../../components/desk/parts.ts';
import { Drafts } from '../../components/drafts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { field, focusFirstProblem, formValues, switchField } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';

const categories = ['running', 'cycling', 'concert', 'festival', 'wedding', 'corporate', 'school', 'other'] as const;
const revenueTypes = ['standard', 'premium', 'platform', 'charity', 'corporate'] as const;
const modes = ['open', 'find_me', 'code'] as const;

interface Switches {
  faceSearchEnabled: boolean;
  noticeShown: boolean;
  hasMinors: boolean;
  autoApprove: boolean;
  salesEnabled: boolean;
}

/** Every field of an event: to create one, or to change one. */
@customElement('px-admin-event-form')
export class PxAdminEventForm extends PxElement {
  @property() eventId = '';
  @state() private problems: Record<string, string> = {};
  @state() private busy = false;
  @state() private mode: events.AccessMode | null = null;
  @state() private switches: Partial<Switches> = {};
  readonly #key = crypto.randomUUID();
  readonly #drafts = new Drafts();
  readonly #event = new Loader<Partial<events.EventView>>(this, async () =>
    this.eventId ? await call<typeof events.getEvent>('GET', '/api/events/:id', { params: { id: this.eventId } }) : {},
  );

  protected override render(): TemplateResult {
    const texts = d().events;
    const event = this.#event.value;
    return html`${pageHead({
      title: this.eventId ? texts.edit : texts.create,
      back: this.eventId
        ? {
            href: `/admin/events/${this.eventId}`,
            label: event?.name ? eventName(event as events.EventView) : texts.title,
          }
        : { href: '/admin/events', label: texts.title },
    })}
    ${this.#event.view((value) => this.#form(value))}`;
  }

  #form(event: Partial<events.EventView>): TemplateResult {
    const texts = d().events;
    const manage = event.manage;
    const problem = this.problems;
    const mode = this.mode ?? event.accessMode ?? 'open';
    const on: Switches = {
      faceSearchEnabled: event.faceSearchEnabled ?? false,
      noticeShown: manage?.faceNotice?.noticeShown ?? false,
      hasMinors: manage?.hasMinors ?? false,
      autoApprove: manage?.autoApprove ?? false,
      salesEnabled: manage?.salesEnabled ?? true,
      ...this.switches,
    };
    const toggle = (name: keyof Switches, label: string): TemplateResult =>
      switchField(label, on[name], (checked) => {
        this.switches = { ...this.switches, [name]: checked };
      });
    const choices = <T extends string>(values: readonly T[], labels: Record<T, string>) =>
      values.map((value) => ({ value, label: labels[value] }));
    return html`<form class="desk-form" novalidate @input=${this.#drafts.keep} @submit=${(submit: SubmitEvent) => void this.#save(submit, on, mode)}>
      <section class="desk-card">
        <h2>${texts.sectionWhat}</h2>
        <div class="desk-fields">
          ${field({ name: 'name', label: texts.nameTh, value: this.#drafts.value('name', event.name), required: true, maxlength: 200, problem: problem.name })}
          ${field({ name: 'nameEn', label: texts.nameEn, value: this.#drafts.value('nameEn', event.nameEn), maxlength: 200, problem: problem.nameEn })}
          ${field({ name: 'slug', label: texts.slug, value: this.#drafts.value('slug', event.slug), hint: texts.slugHint, maxlength: 79, problem: problem.slug })}
          ${selectField({ name: 'category', label: texts.category, value: event.category ?? 'running', options: choices(categories, texts.categories) })}
        </div>
        ${areaField({ name: 'description', label: texts.description, value: event.description ?? '', maxlength: 10_000, problem: problem.description })}
      </section>
      <section class="desk-card">
        <h2>${texts.sectionWhen}</h2>
        <div class="desk-fields">
          ${field({ name: 'startsAt', label: texts.startsAt, type: 'datetime-local', value: this.#drafts.value('startsAt', toLocalInput(event.startsAt)), required: true, problem: problem.startsAt })}
          ${field({ name: 'endsAt', label: texts.endsAt, type: 'datetime-local', value: this.#drafts.value('endsAt', toLocalInput(event.endsAt)), hint: texts.endsAtHint, problem: problem.endsAt })}
          ${field({ name: 'venue', label: texts.venue, value: this.#drafts.value('venue', event.venue), maxlength: 300, problem: problem.venue })}
          ${field({ name: 'location', label: texts.location, value: this.#drafts.value('location', event.location), maxlength: 300, problem: problem.location })}
        </div>
      </section>
      <section class="desk-card">
        <h2>${texts.sectionAccess}</h2>
        <div class="desk-fields">
          ${selectField({
            name: 'accessMode',
            label: texts.accessMode,
            value: mode,
            options: choices(modes, texts.accessModes),
            hint: texts.accessHints[mode],
            onChange: (value) => {
              this.mode = value as events.AccessMode;
            },
          })}
          ${
            mode === 'code'
              ? field({
                  name: 'accessCode',
                  value: this.#drafts.value('accessCode', ''),
                  label: texts.accessCode,
                  maxlength: 64,
                  autocomplete: 'off',
                  hint: manage?.hasAccessCode ? texts.accessCodeKept : texts.accessCodeHint,
                  problem: problem.accessCode,
                })
              : nothing
          }
        </div>
        <hr class="rule" />
        ${toggle('faceSearchEnabled', texts.faceSearchSwitch)}
        ${
          on.faceSearchEnabled
            ? html`<div class="stack">
              <p class="note">${icon('shield')}<span>${texts.noticeIntro}</span></p>
              <div class="desk-fields">
                ${field({ name: 'legalBasis', label: texts.legalBasis, value: this.#drafts.value('legalBasis', manage?.faceNotice?.legalBasis ?? texts.legalBasisDefault), maxlength: 500, problem: problem['faceNotice.legalBasis'] ?? problem.faceNotice })}
                ${field({ name: 'attestedBy', label: texts.attestedBy, value: this.#drafts.value('attestedBy', manage?.faceNotice?.attestedBy), maxlength: 200, hint: texts.attestedByHint, problem: problem['faceNotice.attestedBy'] })}
              </div>
              ${toggle('noticeShown', texts.noticeShown)}
            </div>`
            : nothing
        }
        ${toggle('hasMinors', texts.hasMinors)}
      </section>
      <section class="desk-card">
        <h2>${texts.sectionSales}</h2>
        <div class="desk-fields">
          ${selectField({ name: 'revenueType', label: texts.revenueType, value: manage?.revenueType ?? 'standard', options: choices(revenueTypes, texts.revenueTypes), hint: texts.revenueTypeHint })}
          ${selectField({ name: 'watermarkMode', label: texts.watermark, value: manage?.watermarkMode ?? 'corner', options: choices(['corner', 'tiled'] as const, texts.watermarks) })}
          ${field({ name: 'salesStartAt', label: texts.salesStart, type: 'datetime-local', value: this.#drafts.value('salesStartAt', toLocalInput(manage?.salesStartAt)), problem: problem.salesStartAt })}
          ${field({ name: 'salesEndAt', label: texts.salesEnd, type: 'datetime-local', value: this.#drafts.value('salesEndAt', toLocalInput(manage?.salesEndAt)), problem: problem.salesEndAt })}
          ${field({ name: 'retentionDays', label: texts.retention, type: 'number', inputmode: 'numeric', value: this.#drafts.value('retentionDays', String(manage?.retentionDays ?? 90)), hint: texts.retentionHint, problem: problem.retentionDays })}
        </div>
        ${toggle('salesEnabled', texts.salesEnabled)} ${toggle('autoApprove', texts.autoApprove)}
      </section>
      ${problem[''] ? html`<p class="note note-error" role="alert">${icon('warning')}<span>${problem['']}</span></p>` : nothing}
      <div class="desk-actions">
        <button class="btn btn-gold" aria-busy=${this.busy ? 'true' : 'false'} ?disabled=${this.busy}>
          ${this.eventId ? d().common.save : texts.create}
        </button>
        <a class="btn btn-quiet" href=${this.eventId ? `/admin/events/${this.eventId}` : '/admin/events'}>${d().common.cancel}</a>
      </div>
    </form>`;
  }

  async #save(submit: SubmitEvent, on: Switches, mode: events.AccessMode): Promise<void> {
    submit.preventDefault();
    const form = submit.target as HTMLFormElement;
    const values = formValues(form);
    const texts = d().events;
    this.problems = this.#check(values, on, mode);
    if (Object.keys(this.problems).length === 0) {
      this.busy = true;
      try {
        const saved = await this.#send(toBody(values, on, mode));
        toast(this.eventId ? d().common.saved : texts.created, { kind: 'success' });
        navigate(`/admin/events/${saved.id}`, { replace: true });
        return;
      } catch (error) {
        this.problems = fieldProblems(error);
      } finally {
        this.busy = false;
      }
    }
    await this.updateComplete;
    focusFirstProblem(form);
  }

  #check(values: Record<string, string>, on: Switches, mode: events.AccessMode): Record<string, string> {
    const texts = d().events;
    const problems: Record<string, string> = {};
    if (!values.name) problems.name = d().common.required;
    if (!values.startsAt) problems.startsAt = d().common.required;
    if (values.endsAt && values.startsAt && values.endsAt < values.startsAt) problems.endsAt = texts.endsBefore;
    if (mode === 'code' && !values.accessCode && !this.#event.value?.manage?.hasAccessCode)
      problems.accessCode = d().common.required;
    if (on.faceSearchEnabled) {
      if (!values.attestedBy) problems['faceNotice.attestedBy'] = d().common.required;
      if (!on.noticeShown) problems[''] = texts.noticeNeeded;
      if (on.hasMinors) problems[''] = texts.minorsNoFaces;
    }
    return problems;
  }

  #send(body: Body): Promise<events.EventView> {
    return this.eventId
      ? call<typeof events.updateEvent>('PUT', '/api/events/:id', { params: { id: this.eventId }, body })
      : call<typeof events.createEvent>('POST', '/api/events', { body, idempotencyKey: this.#key });
  }
}

type Body = Parameters<typeof call<typeof events.createEvent>>[2] extends infer O
  ? NonNullable<NonNullable<O> extends { body?: infer B } ? B : never>
  : never;

function toBody(values: Record<string, string>, on: Switches, mode: events.AccessMode): Body {
  const optional = (name: string): string | null => values[name] || null;
  return {
    name: values.name!,
    nameEn: optional('nameEn'),
    ...(values.slug ? { slug: values.slug } : {}),
    description: optional('description'),
    category: values.category as (typeof categories)[number],
    revenueType: values.revenueType as (typeof revenueTypes)[number],
    accessMode: mode,
    ...(mode === 'code' && values.accessCode ? { accessCode: values.accessCode } : {}),
    faceSearchEnabled: on.faceSearchEnabled,
    ...(on.faceSearchEnabled
      ? { faceNotice: { legalBasis: values.legalBasis!, attestedBy: values.attestedBy!, noticeShown: true as const } }
      : {}),
    hasMinors: on.hasMinors,
    autoApprove: on.autoApprove,
    watermarkMode: values.watermarkMode as 'corner' | 'tiled',
    venue: optional('venue'),
    location: optional('location'),
    startsAt: fromLocalInput(values.startsAt)!,
    ...(values.endsAt ? { endsAt: fromLocalInput(values.endsAt)! } : {}),
    salesEnabled: on.salesEnabled,
    salesStartAt: fromLocalInput(values.salesStartAt),
    salesEndAt: fromLocalInput(values.salesEndAt),
    retentionDays: Number(values.retentionDays) || 90,
  };
}
