import { html, nothing, type TemplateResult } from 'lit';
import { normalBib } from '#contracts/bibs.ts';
import type * as bibs from '#contracts/http/bibs.ts';
import type { PhotoView } from '#contracts/http/photos.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { icon } from '../px-icon.ts';
import { AskProblem, ask } from './ask.ts';

/** The bib numbers on a photo, as one types them: with spaces or commas between. */
const read = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** What numbers are on a photo, and a press to say it. `onChange`: the photo with its new numbers. */
export function bibsButton(photo: PhotoView, onChange: (photo: PhotoView) => void): TemplateResult {
  const texts = d().bibs;
  const name = photo.manage?.fileName ?? '';
  const label = photo.bibs.length > 0 ? photo.bibs.join(' ') : texts.add;
  return html`<button class="btn btn-quiet num" aria-label="${label} · ${texts.of(name)}" @click=${() => void askBibs(photo, onChange)}>
    ${photo.bibs.length > 0 ? nothing : icon('plus')}${label}
  </button>`;
}

async function askBibs(photo: PhotoView, onChange: (photo: PhotoView) => void): Promise<void> {
  const texts = d().bibs;
  await ask({
    title: texts.title(photo.manage?.fileName ?? ''),
    body: texts.hint,
    fields: [{ name: 'bibs', label: texts.label, value: photo.bibs.join(' '), maxlength: 400 }],
    action: d().common.save,
    run: async ({ bibs: typed = '' }) => {
      const wrong = read(typed).find((text) => !normalBib(text));
      if (wrong !== undefined) throw new AskProblem(texts.wrong(wrong));
      const { bibs: kept } = await call<typeof bibs.setPhotoBibs>('PUT', '/api/photos/:id/bibs', {
        params: { id: photo.id },
        body: { bibs: read(typed) },
      });
      onChange({ ...photo, bibs: kept });
    },
  });
}
