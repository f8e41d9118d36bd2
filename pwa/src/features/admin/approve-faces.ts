import { html, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type * as face from '#contracts/http/face.ts';
import type { PhotoView } from '#contracts/http/photos.ts';
import { vars } from '../../components/vars.ts';
import { call, type ItemOf } from '../../data/call.ts';

type Face = ItemOf<typeof face.listPhotoFaces>;
const share = (part: number, whole: number): string => `${(part / whole) * 100}%`;

/** The faces found in the photos that were looked at, asked for once each. */
export class PhotoFaces {
  readonly #host: ReactiveControllerHost;
  readonly #faces = new Map<string, readonly Face[]>();

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  /** Answers false when they could not be had; asking again is worth it then. */
  async load(photoId: string): Promise<boolean> {
    if (this.#faces.has(photoId)) return true;
    this.#faces.set(photoId, []);
    try {
      const { items } = await call<typeof face.listPhotoFaces>('GET', '/api/photos/:id/faces', {
        params: { id: photoId },
      });
      this.#faces.set(photoId, items);
      this.#host.requestUpdate();
      return true;
    } catch {
      this.#faces.delete(photoId);
      return false;
    }
  }

  /** Frames to lay over the photo. */
  boxes({ id, width, height }: PhotoView): TemplateResult[] {
    const found = this.#faces.get(id);
    if (!found || !width || !height) return [];
    return found.map(
      ({ box: [x, y, w, h], isHidden }) => html`<span
        class="face-box ${isHidden ? 'hidden-face' : ''}"
        ${vars({
          left: share(x, width),
          top: share(y, height),
          width: share(w, width),
          height: share(h, height),
        })}
      ></span>`,
    );
  }
}
