import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import type * as photos from '#contracts/http/photos.ts';
import type { PhotoStatus, PhotoView } from '#contracts/http/photos.ts';
import { ask } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { act, pageHead, queryTabs, searchBox, selectField, withQuery } from '../../components/desk/parts.ts';
import '../../components/desk/px-event-upload.ts';
import { bibsButton } from '../../components/desk/photo-bibs.ts';
import '../../components/desk/px-photo-cards.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { call } from '../../data/call.ts';
import type { EventView } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';

export const loadAllEvents = async (): Promise<readonly EventView[]> =>
  (await call<typeof events.listEvents>('GET', '/api/events', { query: { all: '1', limit: 100 } })).items;

/** "All events" and each of them, for filters. */
export const eventFilter = (all: readonly EventView[], value: string): TemplateResult =>
  selectField({
    name: 'event-filter',
    label: d().common.event,
    hideLabel: true,
    value,
    options: [
      { value: '', label: d().common.allEvents },
      ...all.map((event) => ({ value: event.id, label: eventName(event) })),
    ],
    onChange: (event) => navigate(withQuery({ event }), { replace: true }),
  });

const statuses = ['pending', 'approved', 'rejected', 'uploaded', 'failed'] as const;

/** Photos of all events: found, priced, decided again, deleted. */
@customElement('px-admin-photos')
export class PxAdminPhotos extends FilteredPage {
  protected readonly filters = ['status', 'event', 'q'];
  readonly #events = new Loader(this, loadAllEvents);
  readonly #photos = new Pager<PhotoView>(this, (cursor) =>
    call<typeof photos.listPhotos>('GET', '/api/photos', {
      query: { status: this.filter('status'), eventId: this.filter('event'), q: this.filter('q'), limit: 60, cursor },
    }),
  );

  protected refresh(): void {
    void this.#photos.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().photos;
    return html`${pageHead({
      title: texts.title,
      actions: html`<a class="btn btn-line" href=${`/admin/approve${this.filter('event') ? `?event=${this.filter('event')}` : ''}`}
          >${icon('check-circle')}${d().admin.nav.approve}</a
        >
        <a class="btn btn-gold" href=${`/admin/upload/${this.filter('event')}`}>${icon('upload')}${d().admin.nav.upload}</a>`,
    })}
    <div class="desk-tools">
      ${queryTabs(
        'status',
        [
          { value: '', label: d().common.all },
          ...statuses.map((value) => ({ value, label: d().photoStates[value as PhotoStatus] })),
        ],
        d().common.filter,
      )}
      <div class="desk-actions">
        ${this.#events.value ? eventFilter(this.#events.value, this.filter('event')) : nothing} ${searchBox(texts.search)}
      </div>
    </div>
    ${this.#photos.view(({ items }) =>
      items.length === 0
        ? emptyState({ drawing: 'frames', title: d().common.noMatch })
        : html`<px-photo-cards .photos=${items} .actions=${(photo: PhotoView) => this.#actions(photo)}></px-photo-cards>
          ${this.#photos.moreButton()}`,
    )}`;
  }

  #actions(photo: PhotoView): TemplateResult {
    const texts = d().photos;
    const name = photo.manage?.fileName ?? '';
    return html`<div class="card-actions">
      ${bibsButton(photo, (changed) => this.#photos.replace(changed))}
      <button class="btn btn-quiet" aria-label="${
        photo.priceSatang === null ? texts.price : formatMoney(photo.priceSatang)
      } · ${name}" @click=${() => void this.#price(photo)}>
        ${photo.priceSatang === null ? texts.price : formatMoney(photo.priceSatang)}
      </button>
      ${
        photo.status === 'pending' || photo.status === 'rejected'
          ? html`<button class="btn btn-icon" aria-label=${texts.approve(name)} @click=${() => void this.#decide(photo, 'approve')}>
            ${icon('check')}
          </button>`
          : nothing
      }
      ${
        photo.status === 'pending' || photo.status === 'approved'
          ? html`<button class="btn btn-icon" aria-label=${texts.reject(name)} @click=${() => void this.#decide(photo, 'reject')}>
            ${icon('close')}
          </button>`
          : nothing
      }
      <button class="btn btn-icon" aria-label=${texts.remove(name)} @click=${() => void this.#remove(photo)}>${icon('trash')}</button>
    </div>`;
  }

  #decide(photo: PhotoView, decision: 'approve' | 'reject'): Promise<boolean> {
    return act(async () => {
      const params = { id: photo.id };
      this.#photos.replace(
        decision === 'approve'
          ? await call<typeof photos.approvePhoto>('PUT', '/api/photos/:id/approve', { params })
          : await call<typeof photos.rejectPhoto>('PUT', '/api/photos/:id/reject', { params, body: {} }),
      );
    });
  }

  async #price(photo: PhotoView): Promise<void> {
    const texts = d().photos;
    await ask({
      title: texts.priceOf(photo.manage?.fileName ?? ''),
      body: texts.priceHint,
      fields: [
        {
          name: 'price',
          label: d().packages.price,
          inputmode: 'decimal',
          value: photo.priceSatang === null ? '' : writeBaht(photo.priceSatang),
        },
      ],
      action: d().common.save,
      run: async ({ price }) => {
        this.#photos.replace(
          await call<typeof photos.updatePhoto>('PUT', '/api/photos/:id', {
            params: { id: photo.id },
            body: { priceSatang: price ? readBaht(price) : null },
          }),
        );
      },
    });
  }

  async #remove(photo: PhotoView): Promise<void> {
    const texts = d().photos;
    await ask({
      title: texts.remove(photo.manage?.fileName ?? ''),
      body: texts.removeBody,
      action: d().common.remove,
      danger: true,
      run: async () => {
        await call<typeof photos.deletePhoto>('DELETE', '/api/photos/:id', { params: { id: photo.id } });
        this.#photos.remove(photo.id);
      },
    });
  }
}

/** The photographer's uploader for every event. */
@customElement('px-admin-upload')
export class PxAdminUpload extends PxElement {
  @property() eventId = '';
  readonly #events = new Loader(this, loadAllEvents);

  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().admin.nav.upload, lead: d().studio.uploadLead })}
    ${this.#events.view((all) =>
      all.length === 0
        ? emptyState({ drawing: 'frames', title: d().events.none })
        : html`<px-event-upload .events=${all} .eventId=${this.eventId} root="/admin/upload"></px-event-upload>`,
    )}`;
  }
}
