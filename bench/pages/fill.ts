import path from 'node:path';
import sharp from 'sharp';
import { demoPhotos } from '#ops/laptop/demo/photos.ts';
import { Client, until } from '#test/e2e/client.ts';
import { describeSelfie, findPhotos, order, pay } from '#test/e2e/main-job.ts';

/** Addresses that only exist once something was sold, searched for or asked. */
export interface Filled {
  slug: string;
  eventId: string;
  emptySlug: string;
  lockedSlug: string;
  photoId: string;
  paidOrder: { id: string; link: string };
  /** Of the demo buyer. */
  ownOrderId: string;
  /** Paths with their secrets. */
  openCart: string;
  groupId: string;
  /** The public page of a bought photo. */
  sharedPath: string;
}

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const key = () => ({ 'idempotency-key': crypto.randomUUID() });

/**
 * Through the API and the gateway simulator, as people would: two weeks' worth of things that a desk has to show. What one of the steps
 * cannot do is told and left out, so that a change of one route does not cost all photographs.
 */
export async function fill(url: string, selfieFile: string, say: (line: string) => void): Promise<Filled> {
  const as = (name: string) => new Client(url).signIn(name);
  const [admin, photographer, organizer, buyer] = await Promise.all(
    ['admin', 'photographer', 'organizer', 'buyer'].map(as),
  );
  const c = { admin: admin!, photographer: photographer!, organizer: organizer!, buyer: buyer! };
  const step = async <T>(what: string, run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      say(`not made: ${what}: ${(error as Error).message.slice(0, 300)}`);
      return undefined;
    }
  };
  const slug = 'krungthep-night';
  const event = await c.admin.call('GET', `/api/events/${slug}`);
  const { items: photos } = await c.admin.call('GET', `/api/events/${event.id}/photos`);
  const ids = photos.map((photo: { id: string }) => photo.id) as string[];

  const made = await events(c.admin, c.photographer, step);
  await step('photos to approve', () => photosToApprove(c, event.id, ids.length));
  await step('settings', () =>
    c.admin.call('PUT', '/api/admin/settings', { items: [{ key: 'payouts', value: { holdDays: 0 } }] }, key()),
  );
  for (const [who, accountName] of [
    [c.photographer, 'Phet Photographer'],
    [c.organizer, 'Krungthep Night Co., Ltd.'],
  ] as const)
    await step('bank account', () =>
      who.call('PUT', '/api/account/bank-account', { bankCode: '004', accountName, accountNumber: '0123456789' }),
    );
  await step('coupons', () => coupons(c.admin, event.id));
  await step('rules', () => rules(c.admin, made));

  const sold = await step('orders', () => sell(url, ids, step));
  const own = await step('own order', async () => {
    const placed = await order(c.buyer, ids.slice(0, 3));
    await pay(c.buyer, placed.id);
    await order(c.buyer, ids.slice(3, 4));
    return placed.id as string;
  });
  const shared = await step('shared photo', () => c.buyer.call('POST', `/api/photos/${ids[1]}/share`));
  await step('portfolio', async () => {
    const { items } = await c.photographer.call('GET', '/api/photographer/portfolio/candidates');
    const photoIds = items.slice(0, 5).map((photo: { id: string }) => photo.id);
    await c.photographer.call('PUT', '/api/photographer/portfolio', { photoIds });
  });
  await step('refunds', () => refunds(c, url, sold?.paid ?? []));
  await step('payouts', () => payouts(c.admin));
  await step('favourites', () => c.buyer.call('PUT', `/api/favorites/${ids[4]}`));
  await step('search', async () => {
    const found = await findPhotos(c.buyer, event.id, describeSelfie(selfieFile));
    await c.buyer.call('POST', '/api/cart/items', { photoIds: found.slice(0, 2).map((one) => one.photoId) });
  });
  await step('privacy', () => privacy(c, event.id));
  const group = await step('groups', async () => {
    await c.admin.call('POST', '/api/face/group', { eventId: event.id }, key());
    return until('groups', async () => {
      const { items } = await c.admin.call('GET', `/api/face/groups?eventId=${event.id}`);
      return items[0]?.id as string | undefined;
    });
  });
  await step('announcement', () =>
    c.admin.call('POST', `/api/events/${event.id}/announce`, {
      subjectTh: 'รูปชุดสุดท้ายมาแล้ว',
      subjectEn: 'The last photos are in',
      bodyTh: 'ช่างภาพส่งรูปจากเส้นชัยครบแล้ว เปิดดูได้เลย',
      bodyEn: 'Every photo from the finish line has arrived.',
    }),
  );
  const openCart = await step('shared cart', async () => {
    const nok = await new Client(url).asGuest();
    const cart = await nok.call('POST', '/api/cart/shared', {
      name: 'ก๊วนวิ่งลุมพินี',
      firstName: 'นก',
      photoIds: ids.slice(0, 4),
    });
    const ben = await new Client(url).asGuest();
    await ben.call('POST', `/api${cart.link.replace('/together/', '/cart/shared/')}/join`, { firstName: 'Ben' });
    return cart.link as string;
  });
  return {
    slug,
    eventId: event.id,
    emptySlug: 'phuket-sunrise',
    lockedSlug: 'ploy-and-ton',
    photoId: ids[0]!,
    paidOrder: sold?.paid[0] ?? { id: own ?? '', link: `/orders/${own}` },
    ownOrderId: own ?? '',
    openCart: openCart ?? '/together/none',
    groupId: group ?? '',
    sharedPath: shared?.path ?? '/s/none',
  };
}

type Step = <T>(what: string, run: () => Promise<T>) => Promise<T | undefined>;
interface Desks {
  admin: Client;
  photographer: Client;
  organizer: Client;
  buyer: Client;
}

/** One to come, one behind a code, one of the past with a cover of its own. */
async function events(admin: Client, photographer: Client, step: Step): Promise<Record<string, string>> {
  const me = await photographer.call('GET', '/api/auth/session');
  const made: Record<string, string> = {};
  const wanted = [
    {
      slug: 'phuket-sunrise',
      name: 'ภูเก็ต ซันไรส์ ฮาล์ฟมาราธอน',
      nameEn: 'Phuket Sunrise Half Marathon',
      category: 'running',
      location: 'ภูเก็ต · Phuket',
      venue: 'Saphan Hin Park',
      date: day(12),
    },
    {
      slug: 'ploy-and-ton',
      name: 'งานแต่งพลอยกับต้น',
      nameEn: 'Ploy & Ton',
      category: 'wedding',
      location: 'เชียงใหม่ · Chiang Mai',
      date: day(-9),
      accessMode: 'code',
      accessCode: 'PLOYTON',
    },
    {
      slug: 'sanam-luang-concert',
      name: 'คอนเสิร์ตใต้แสงดาว ครั้งที่ 12 ณ ท้องสนามหลวง',
      nameEn: 'Concert under the Stars, 12th edition, at Sanam Luang',
      category: 'concert',
      location: 'กรุงเทพมหานคร · Bangkok',
      date: day(-40),
      revenueType: 'charity',
    },
  ];
  for (const [index, body] of wanted.entries())
    await step(`event ${body.slug}`, async () => {
      const event = await admin.call('POST', '/api/events', body);
      made[body.slug] = event.id;
      await admin.call('PUT', `/api/events/${event.id}/staff`, {
        staff: [{ userId: me.user.id, role: 'photographer' }],
      });
      for (const status of index === 0 ? ['published'] : ['published', 'live'])
        await admin.call('PUT', `/api/events/${event.id}/status`, { status });
      if (index === 0) return;
      await admin.call('PUT', `/api/events/${event.id}`, { autoApprove: true });
      await upload(photographer, event.id, [index + 2, index + 3], `NGT_${index}`);
      const cover = await until(
        'a cover',
        async () => (await admin.call('GET', `/api/photos?eventId=${event.id}&status=approved`)).items[0],
        90_000,
      );
      await admin.call('PUT', `/api/events/${event.id}`, { coverPhotoId: cover.id });
    });
  return made;
}

/** Other shots of the demo's moments: mirrored, another size. */
async function upload(photographer: Client, eventId: string, which: number[], name: string): Promise<void> {
  const form = new FormData();
  form.set('eventId', eventId);
  for (const n of which) {
    const picture = await sharp(demoPhotos[n % demoPhotos.length])
      .flop()
      .modulate({ brightness: 1.02 })
      .resize({ width: 1600 + n })
      .jpeg({ quality: 88 })
      .toBuffer();
    form.append('files', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), `${name}_${1000 + n}.jpg`);
  }
  await photographer.call('POST', '/api/photos/batch-upload', form);
}

async function photosToApprove({ admin, photographer }: Desks, eventId: string, already: number): Promise<void> {
  await upload(photographer, eventId, [0, 1, 2, 3, 4, 5, 6, 7], 'DSC');
  const list = (status: string) => admin.call('GET', `/api/photos?eventId=${eventId}&status=${status}&limit=100`);
  const pending = await until(
    'photos to decide',
    async () => {
      const { items } = await list('pending');
      return items.length >= 8 ? items : undefined;
    },
    120_000,
  );
  if (already < 12) {
    await admin.call('POST', '/api/photos/review', { ids: [pending[0].id], decision: 'approve' });
    await admin.call('POST', '/api/photos/review', { ids: [pending[1].id], decision: 'reject', reason: 'blurred' });
  }
}

async function coupons(admin: Client, eventId: string): Promise<void> {
  await admin.call('POST', '/api/admin/coupons', {
    code: 'RUNNER10',
    kind: 'percent',
    percentBp: 1000,
    label: 'LINE OA',
  });
  await admin.call('POST', '/api/admin/coupons', {
    code: 'FINISHER50',
    kind: 'amount',
    amountSatang: 5000,
    eventId,
    maxRedemptions: 200,
    endsAt: new Date(Date.now() + 14 * 86_400_000).toISOString(),
  });
  await admin.call('POST', '/api/admin/coupons/batch', {
    kind: 'percent',
    percentBp: 10_000,
    count: 40,
    prefix: 'PRESS',
    label: 'Press and crew',
  });
}

async function rules(admin: Client, made: Record<string, string>): Promise<void> {
  const rule = (body: object) => admin.call('POST', '/api/revenue/split-rules', body, key());
  const eventId = made['sanam-luang-concert'];
  if (eventId) await rule({ scope: 'event', eventId, platformBp: 2000, photographerBp: 5000, organizerBp: 3000 });
  await rule({
    scope: 'revenue_type',
    revenueType: 'premium',
    platformBp: 2500,
    photographerBp: 5500,
    organizerBp: 2000,
  });
}

/** Guests who pay well, short, over, late, twice, not at all; and money that belongs to nobody. */
async function sell(url: string, ids: readonly string[], step: Step) {
  const paid: { id: string; link: string; token: string }[] = [];
  const act = (transId: string, action: string) => new Client(url).call('POST', `/dev/paynoi/${transId}/${action}`);
  for (let i = 0; i < 9; i++)
    await step('a sale', async () => {
      const guest = await new Client(url).asGuest();
      const placed = await order(guest, ids.slice(i % 3, (i % 3) + 1 + (i % 5)), `runner${i + 1}@example.test`);
      await pay(guest, placed.id);
      paid.push({ id: placed.id, link: placed.links.page.replace(url, ''), token: guest.token });
    });
  for (const action of ['pay-short', 'pay-over', 'pay-late', 'fail', 'wait'])
    await step(action, async () => {
      const guest = await new Client(url).asGuest();
      const placed = await order(guest, ids.slice(0, 2), `${action}@example.test`);
      const payment = await guest.call('POST', '/api/payment/create', { orderId: placed.id });
      if (action !== 'wait') await act(payment.transId, action);
    });
  await step('a payment twice', async () => {
    const [first] = await new Client(url)
      .call('GET', '/dev/paynoi.json')
      .then((list) => list.filter((one: { paidSatang: number | null }) => one.paidSatang !== null));
    await act(first.transId, 'pay-again');
  });
  await step('stray money', () => new Client(url).call('POST', '/dev/paynoi/stray', { amountSatang: 12_345 }));
  await step('reconciliation', async () => {
    const admin = await new Client(url).signIn('admin');
    await admin.call('POST', '/api/admin/reconciliation/run', {}, key());
  });
  return { paid };
}

async function refunds({ admin }: Desks, url: string, paid: { id: string; token: string }[]): Promise<void> {
  const reasons = ['รูปเบลอ มองไม่เห็นหน้า', 'Bought the same photo twice', 'ไม่ใช่ฉันในรูป', 'Wrong event'];
  const asked: string[] = [];
  for (const [index, reason] of reasons.entries()) {
    const sale = paid[index + 1];
    if (!sale) continue;
    const guest = new Client(url);
    guest.token = sale.token;
    const refund = await guest.call(
      'POST',
      '/api/payment/refund',
      {
        orderId: sale.id,
        reason,
        payee: { bankCode: 'SCB', accountName: 'Somchai Jaidee', accountNumber: '111-2-33333-4' },
      },
      key(),
    );
    asked.push(refund.id);
  }
  const decide = (index: number, decision: string, note: string) =>
    admin.call('POST', `/api/admin/refunds/${asked[index]}/decide`, { decision, note });
  await decide(1, 'approve', 'Same photo, twice in one cart');
  await decide(2, 'reject', 'The face is hers');
  await decide(3, 'approve', '');
  await admin.call('POST', `/api/admin/refunds/${asked[3]}/transfer`, { transferReference: 'KB-20261129-0042' });
}

async function payouts(admin: Client): Promise<void> {
  const batch = await admin.call('POST', '/api/revenue/payouts', {}, key());
  const [first, second] = batch.items as { id: string }[];
  if (first) {
    await admin.call('POST', `/api/revenue/payouts/${first.id}/approve`);
    await admin.call('POST', `/api/revenue/payouts/${first.id}/pay`, { transferReference: 'KB-20261129-0007' });
  }
  if (second) await admin.call('POST', `/api/revenue/payouts/${second.id}/approve`);
}

async function privacy({ admin, buyer }: Desks, eventId: string): Promise<void> {
  const ask = (who: Client, body: object) => who.call('POST', '/api/privacy/requests', body, key());
  await ask(buyer, { kind: 'export', details: 'ขอสำเนาข้อมูลทั้งหมด' });
  const guest = await new Client(admin.url).asGuest();
  await ask(guest, { kind: 'erasure', email: 'runner2@example.test' });
  // Not by her selfie: it would take the pictures of the search away.
  const shy = await new Client(admin.url).asGuest();
  await ask(shy, { kind: 'hide', eventId, email: 'runner7@example.test' });
}

export const selfieIn = (dataDir: string): string => path.join(dataDir, 'demo', 'selfie.jpg');
