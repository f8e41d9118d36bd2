import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as packages from '#contracts/http/packages.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, dataTable, money, pageHead, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatNumber } from '../../i18n/format.ts';
import { lang } from '../../i18n/i18n.ts';
import { packageFields, readPackage } from './package-fields.ts';
import { settingsTabs } from './px-admin-settings.ts';

type Package = ItemOf<typeof packages.listPackages>;

@customElement('px-admin-packages')
export class PxAdminPackages extends PxElement {
  readonly #packages = new Loader<readonly Package[]>(
    this,
    async () => (await call<typeof packages.listPackages>('GET', '/api/packages', { query: { all: 'true' } })).items,
  );

  protected override render(): TemplateResult {
    const texts = d().packages;
    return html`${pageHead({
      title: d().settings.title,
      actions: html`<button class="btn btn-gold" @click=${() => void this.#add()}>${icon('plus')}${texts.add}</button>`,
    })}
    ${settingsTabs()}
    <p class="soft">${texts.lead}</p>
    ${this.#packages.view((items) =>
      dataTable({
        caption: texts.title,
        rows: items,
        key: (item) => item.id,
        open: (item) => void this.#edit(item),
        columns: [
          { label: d().common.name, cell: (item) => (lang.value === 'th' ? item.nameTh : item.nameEn) },
          { label: texts.kind, cell: (item) => texts.kinds[item.kind] },
          {
            label: texts.count,
            end: true,
            cell: (item) => (item.photoCount === null ? '∞' : formatNumber(item.photoCount)),
          },
          { label: texts.price, end: true, cell: (item) => money(item.listPriceSatang) },
          {
            label: d().common.status,
            end: true,
            cell: (item) => (item.isActive ? stateBadge(d().common.on, 'success') : stateBadge(d().common.off)),
          },
          {
            label: '',
            end: true,
            cell: (
              item,
            ) => html`<span class="desk-actions end-actions"><button class="btn btn-line" @click=${() => void this.#toggle(item)}>
                ${item.isActive ? texts.switchOff : texts.switchOn}
              </button>
              <button class="btn btn-icon" aria-label=${texts.remove(item.nameTh)} @click=${() => void this.#remove(item)}>
                ${icon('trash')}
              </button></span>`,
          },
        ],
      }),
    )}`;
  }

  async #add(): Promise<void> {
    await ask({
      title: d().packages.add,
      fields: packageFields(),
      action: d().packages.add,
      run: async (values) => {
        await call<typeof packages.createPackage>('POST', '/api/packages', {
          body: readPackage(values),
          idempotencyKey: crypto.randomUUID(),
        });
        await this.#packages.reload();
      },
    });
  }

  async #update(id: string, body: Parameters<typeof readPackage>[0] | { isActive: boolean }): Promise<void> {
    await call<typeof packages.updatePackage>('PUT', '/api/packages/:id', {
      params: { id },
      body: 'price' in body ? readPackage(body as Record<string, string>) : (body as { isActive: boolean }),
    });
    await this.#packages.reload();
  }

  async #edit(item: Package): Promise<void> {
    await ask({
      title: d().packages.change(lang.value === 'th' ? item.nameTh : item.nameEn),
      fields: packageFields(item),
      action: d().common.save,
      run: (values) => this.#update(item.id, values),
    });
  }
  #toggle(item: Package): Promise<boolean> {
    return act(() => this.#update(item.id, { isActive: !item.isActive }), d().common.saved);
  }
  async #remove(item: Package): Promise<void> {
    const name = lang.value === 'th' ? item.nameTh : item.nameEn;
    await ask({
      title: d().packages.remove(name),
      action: d().common.remove,
      danger: true,
      run: async () => {
        await call<typeof packages.deletePackage>('DELETE', '/api/packages/:id', { params: { id: item.id } });
        await this.#packages.reload();
      },
    });
  }
}
