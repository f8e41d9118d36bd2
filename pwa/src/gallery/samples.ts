import type { Quote } from '#contracts/pricing.ts';
import type { CartState } from '../context/cart.ts';
import type { Effect } from '../data/outbox.ts';
import { ApiProblem } from '../data/problem.ts';
import type { EventView, Photo } from '../data/types.ts';
import type { UploadItem, UploadState } from '../data/uploads/store.ts';

const colours = ['#7a5a3c', '#3d4a63', '#8a3f3a', '#4d6b57', '#6a4d78', '#9a7d3f', '#2f5a66'];

/** A picture made of two colours, so that the parts can be shown without a server. */
function picture(index: number, width: number, height: number): string {
  const [from, to] = [colours[index % colours.length], colours[(index + 2) % colours.length]];
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/><circle cx="${width * 0.5}" cy="${height * 0.42}" r="${height * 0.16}" fill="#fff" fill-opacity=".3"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

export const photos: readonly Photo[] = Array.from({ length: 9 }, (_, index) => {
  const [width, height] = index % 3 === 1 ? [800, 1200] : [1500, 1000];
  const url = picture(index, width!, height!);
  return {
    id: `photo-${index}`,
    eventId: 'event',
    width: width!,
    height: height!,
    takenAt: new Date(Date.UTC(2026, 10, 28, 23, index * 4)).toISOString(),
    previewUrl: url,
    thumbnails: { small: url, medium: url, large: url },
    placeholderColor: colours[index % colours.length]!,
    focus: null,
    priceSatang: null,
  };
});

export const event = {
  id: 'event',
  slug: 'krungthep-night',
  name: 'กรุงเทพ ไนต์ รัน & ปาร์ตี้ 2026',
  nameEn: 'Krungthep Night Run & Party 2026',
  venue: 'Lumphini Park',
  location: 'กรุงเทพมหานคร',
  startsAt: '2026-11-28T10:00:00Z',
  coverUrl: photos[0]!.previewUrl,
  photoCount: 1842,
  isSalesOpen: true,
  faceSearchEnabled: true,
} as EventView;

export const cartState: CartState = {
  lines: photos.slice(0, 3).map(({ id, eventId }) => ({ photoId: id, eventId, addedAt: '2026-11-28T10:00:00Z' })),
  photos: Object.fromEntries(photos.map((photo) => [photo.id, photo])),
};

export const price: Quote = {
  lines: [],
  packages: [],
  subtotalSatang: 18_000,
  discountSatang: 0,
  totalSatang: 18_000,
  savingSatang: 0,
  couponSatang: 0,
  coupon: null,
  suggestion: { kind: 'bundle', packageId: 'five', addPhotos: 2, extraSatang: 7_000, perPhotoSatang: 5_000 } as never,
  forcedPackageId: null,
  unpricedPhotoIds: [],
};

export const effects: readonly Effect[] = (['search', 'consent', 'feedback'] as const).map((kind, index) => ({
  id: `effect-${index}`,
  kind,
  method: 'POST',
  path: '/api/face/search',
  createdAt: Date.UTC(2026, 10, 28, 23, 41 + index),
  seq: index,
  lane: kind,
  owner: null,
}));

const row = (state: UploadState, index: number, more: Partial<UploadItem> = {}): UploadItem => ({
  id: `upload-${index}`,
  userId: 'me',
  eventId: 'event',
  name: `DSC_${4711 + index}.JPG`,
  type: 'image/jpeg',
  bytes: 11_400_000 + index * 310_000,
  lastModified: 0,
  at: index,
  state,
  sent: 0,
  ...more,
});
export const uploadRows: readonly UploadItem[] = [
  row('sending', 0, { sent: 7_200_000 }),
  row('hashing', 1),
  row('ready', 2),
  row('done', 3),
  row('duplicate', 4),
  row('failed', 5, { code: 'photo.not_an_image' }),
  row('lost', 6),
];

export const sales = Array.from({ length: 24 }, (_, hour) => ({
  tick: hour % 6 === 0 ? `${String(hour).padStart(2, '0')}:00` : '',
  title: `${hour}:00`,
  value: hour < 17 ? 0 : Math.round(9_000 * (1 + Math.sin((hour - 16) * 1.1)) + hour * 420),
}));

export const refused = new ApiProblem({ status: 500, code: 'internal', requestId: '7f3a9c41' });
export const unreachable = new ApiProblem({ status: 0, code: 'network.unreachable' });
