import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { PxElement } from './element.ts';
import { type IconName, icon } from './px-icon.ts';

/** A button that opens the device's file chooser; emits `px-files` with `File[]`. */
@customElement('px-file-picker')
export class PxFilePicker extends PxElement {
  @property() label = '';
  @property() accept = 'image/*';
  @property() icon: IconName = 'gallery';
  @property() look: 'gold' | 'line' | 'quiet' = 'line';
  @property({ type: Boolean }) multiple = false;
  @property({ type: Boolean }) disabled = false;

  #changed(event: Event): void {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = ''; // the same file may be chosen again
    if (files.length > 0) this.emit('px-files', files);
  }

  protected override render(): TemplateResult {
    return html`<label class="btn btn-${this.look} file-picker" aria-disabled=${this.disabled ? 'true' : 'false'}>
      ${icon(this.icon)}<span>${this.label}</span>
      <input
        class="sr-only"
        type="file"
        accept=${this.accept}
        ?multiple=${this.multiple}
        ?disabled=${this.disabled}
        @change=${this.#changed}
      />
    </label>`;
  }
}
