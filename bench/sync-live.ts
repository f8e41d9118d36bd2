import { parseArgs } from 'node:util';
import { openPhone } from './sync/phone.ts';
import { percentile, startShop } from './sync/shop.ts';

/*
 * npm run bench -- sync-live [--changes 200]: a photo goes into the cart on one phone; when is it in the cart of the other? Two RxDB clients of
 * one person with the app's own pulling, over HTTP and the live stream, against the product as `npm start` brings it up. A third phone,
 * somebody else's, must see nothing.
 */
const { values } = parseArgs({ options: { changes: { type: 'string', default: '200' } } });
const changes = Number(values.changes);
const shop = await startShop();
const [eventId] = await shop.addEvents(1);
const photoIds = await shop.addPhotos(eventId!, changes + 20);
const [cookie, strangers] = [await shop.guest(), await shop.guest()];
const phones = [
  await openPhone(shop.url, 'cart_items', { cookie, live: true }),
  await openPhone(shop.url, 'cart_items', { cookie, live: true }),
];
const stranger = await openPhone(shop.url, 'cart_items', { cookie: strangers, live: true });

const seen = new Map<string, () => void>();
for (const phone of phones)
  phone.collection.$.subscribe((change) => {
    if (change.collectionName && !change.isLocal) seen.get(`${phones.indexOf(phone)} ${change.documentId}`)?.();
  });
async function tap(from: number, photoId: string): Promise<number> {
  const arrived = new Promise<void>((resolve) => seen.set(`${1 - from} ${photoId}`, resolve));
  const startedAt = performance.now();
  const addedAt = new Date().toISOString();
  await phones[from]!.collection.insert({ id: photoId, eventId, isSelected: true, addedAt, revision: 0 } as never);
  await arrived;
  return performance.now() - startedAt;
}
for (const [n, id] of photoIds.splice(0, 20).entries()) await tap(n % 2, id);
const times: number[] = [];
for (const [n, id] of photoIds.entries()) times.push(await tap(n % 2, id));
const foreign = (await stranger.collection.find().exec()).length;
console.log(
  `${times.length} changes from one phone to the other: p50 ${percentile(times, 0.5).toFixed(0)} ms, p95 ${percentile(times, 0.95).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms; somebody else saw ${foreign}`,
);
for (const phone of [...phones, stranger]) await phone.close();
await shop.close();
process.exit(percentile(times, 0.95) <= 300 && foreign === 0 ? 0 : 1);
