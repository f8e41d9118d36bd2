import type { PhotoShare, SharedPhoto } from '#contracts/http/shares.ts';
import { send } from './api.ts';
import { seen } from './events.ts';

export type { PhotoShare, SharedPhoto };

export const loadShared = (token: string, onValue: (shared: SharedPhoto) => void): Promise<SharedPhoto> =>
  seen(`share:${token}`, () => send('GET', '/api/shares/:token', { params: { token } }), onValue);

/** My public pages, by photo. */
export async function loadMyShares(): Promise<ReadonlyMap<string, PhotoShare>> {
  const { items } = await send<{ items: PhotoShare[] }>('GET', '/api/shares');
  return new Map(items.map((share) => [share.photoId, share]));
}

/** Makes the page, or answers the one that stands. */
export const sharePhoto = (photoId: string): Promise<PhotoShare> =>
  send('POST', '/api/photos/:id/share', { params: { id: photoId } });
export const unsharePhoto = (photoId: string): Promise<void> =>
  send('DELETE', '/api/photos/:id/share', { params: { id: photoId } });
