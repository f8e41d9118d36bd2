import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, dataTable, figure, pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime, formatNumber } from '../../i18n/format.ts';

type Queues = Answer<typeof admin.getQueues>;
type Queue = Queues['queues'][number];
const REFRESH_MS = 5_000;

/** Background work: what waits, what runs, what gave up and can be tried again. */
@customElement('px-admin-queues')
export class PxAdminQueues extends PxElement {
  readonly #queues = new Loader<Queues>(this, () => call<typeof admin.getQueues>('GET', '/api/admin/queues'));
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.#queues.reload();
    }, REFRESH_MS);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override render(): TemplateResult {
    const texts = d().queues;
    return html`${pageHead({ title: texts.title, lead: texts.lead })}
    ${this.#queues.view(({ queues, outboxWaiting, photosGivenUp }) => {
      const dead = queues.flatMap((queue) => queue.deadLetters.map((letter) => ({ ...letter, queue: queue.name })));
      const names: Record<string, string> = texts.names;
      return html`<div class="stack">
        <div class="figures">
          ${queues.map((queue) =>
            figure({
              label: names[queue.name] ?? queue.name,
              value: formatNumber(waitingIn(queue)),
              note: texts.running(queue.counts.active ?? 0),
            }),
          )}
          ${figure({ label: texts.outbox, value: formatNumber(outboxWaiting), note: texts.outboxHint })}
        </div>
        <section class="desk-section">
          <div class="spread">
            <h2>${texts.dead}</h2>
            ${
              dead.length > 1
                ? html`<button class="btn btn-line" @click=${() => void this.#retryAll(queues)}>
                    ${icon('refresh')}${texts.retryAll}
                  </button>`
                : nothing
            }
          </div>
          ${
            dead.length === 0
              ? html`<p class="note note-success">${icon('check-circle')}<span>${texts.noDead}</span></p>`
              : dataTable({
                  caption: texts.dead,
                  rows: dead,
                  key: (letter) => `${letter.queue}/${letter.id}`,
                  columns: [
                    {
                      label: texts.job,
                      cell: (letter) => html`<b>${letter.name}</b><small class="num">${letter.id}</small>`,
                    },
                    { label: texts.reason, cell: (letter) => html`<span class="reason">${letter.reason}</span>` },
                    { label: texts.attempts, end: true, cell: (letter) => formatNumber(letter.attempts) },
                    {
                      label: d().common.date,
                      cell: (letter) => (letter.failedAt ? formatDateTime(letter.failedAt) : '–'),
                    },
                    {
                      label: '',
                      end: true,
                      cell: (
                        letter,
                      ) => html`<button class="btn btn-line" @click=${() => void this.#retry(letter.queue, letter.id)}>
                        ${icon('refresh')}${texts.retry}
                      </button>`,
                    },
                  ],
                })
          }
        </section>
        ${
          photosGivenUp.length > 0
            ? html`<section class="desk-section">
                <h2>${texts.photosGivenUp}</h2>
                ${dataTable({
                  caption: texts.photosGivenUp,
                  rows: photosGivenUp,
                  key: (photo) => photo.photoId,
                  columns: [
                    {
                      label: d().common.photo,
                      cell: (photo) => html`<b>${photo.fileName}</b><small>${photo.eventName}</small>`,
                    },
                    { label: texts.reason, cell: () => texts.givenUpHint },
                    { label: d().common.date, cell: (photo) => formatDateTime(photo.givenUpAt) },
                    {
                      label: '',
                      end: true,
                      cell: (
                        photo,
                      ) => html`<button class="btn btn-line" @click=${() => void this.#retryPhoto(photo.photoId)}>
                        ${icon('refresh')}${texts.retry}
                      </button>`,
                    },
                  ],
                })}
              </section>`
            : nothing
        }
      </div>`;
    })}`;
  }

  async #retryAll(queues: readonly Queue[]): Promise<void> {
    await act(async () => {
      for (const { name, deadLetters } of queues)
        if (deadLetters.length > 0)
          await call<typeof admin.retryAllJobs>('POST', '/api/admin/queues/:queue/retry', { params: { queue: name } });
    }, d().queues.retried);
    await this.#queues.reload();
  }
  async #retryPhoto(id: string): Promise<void> {
    await act(
      () => call<typeof admin.retryPhoto>('POST', '/api/admin/photos/:id/retry', { params: { id } }),
      d().queues.retried,
    );
    await this.#queues.reload();
  }
  async #retry(queue: Queue['name'], id: string): Promise<void> {
    await act(
      () => call<typeof admin.retryJob>('POST', '/api/admin/queues/:queue/jobs/:id/retry', { params: { queue, id } }),
      d().queues.retried,
    );
    await this.#queues.reload();
  }
}

const waitingIn = ({ counts }: Queue): number =>
  (counts.waiting ?? 0) + (counts.prioritized ?? 0) + (counts.delayed ?? 0) + (counts.paused ?? 0);
