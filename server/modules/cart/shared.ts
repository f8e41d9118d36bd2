import { createHmac, hkdfSync, randomUUID } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import { type SharedCartView, sharedCartToken } from '#contracts/http/shared-carts.ts';
import { listPriceOf } from '#contracts/pricing.ts';
import type { PackagesService } from '#server/modules/packages/service.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import type { CouponsService } from './coupons.ts';
import { type PhotoCatalog, priceSelection, type Selection } from './selection.ts';
import type { CartService } from './service.ts';
import * as repository from './shared-repository.ts';
import { changedFrom } from './view.ts';

export type SharedCartsService = ReturnType<typeof createSharedCartsService>;
interface Deps {
  db: Db;
  photos: PhotoCatalog;
  packages: PackagesService;
  coupons: CouponsService;
  cart: Pick<CartService, 'couponIdOf' | 'lockCouponId'>;
  /** LINK_SECRET: the secrets of the links are made from it, so none is stored. */
  linkSecret: string;
  clock?: Clock;
}
/** Who looks: the session, and the first name of an account. */
interface Who {
  userId: string;
  email: string | null;
}
type Row = repository.SharedCartRow;

const lifeDays = 14;
const mostLines = 1_000;
const mostMembers = 50;
const mostOpen = 20;
const paidStatuses = ['paid', 'partially_refunded', 'refunded'];

/**
 * A cart that friends fill together. Whoever has the link may look, choose and pay; only its owner ends it. It is open until
 * somebody places an order from it, closed while that order waits for its money (one order at a time), open again when the order
 * is given up, and paid for good when it is paid. The photos belong to the payer's order; the payer decides whether the group
 * may download them, too. Lines are added and removed one by one, a removal names the line that was seen: nothing that
 * somebody added meanwhile is lost.
 */
export function createSharedCartsService(deps: Deps) {
  const { db, photos, packages, cart, clock = systemClock } = deps;
  const key = Buffer.from(hkdfSync('sha256', deps.linkSecret, '', 'thepixstock shared cart', 32));
  const tokenOf = (id: string): string =>
    createHmac('sha256', key).update(id).digest().subarray(0, 16).toString('base64url');
  const hashOf = (token: string): Buffer => sha256(`shared cart ${token}`);

  function statusOf(row: Row): SharedCartView['status'] {
    if (row.order_status && paidStatuses.includes(row.order_status)) return 'paid';
    if (row.revoked_at || row.expires_at <= clock.now()) return 'ended';
    return row.order_status === 'pending' ? 'paying' : 'open';
  }
  /** The cart of this secret. Unknown, revoked and past its time look the same: shared_cart.not_found. */
  async function require(at: DbOrTrx, token: string): Promise<Row> {
    const row = sharedCartToken.safeParse(token).success ? await repository.findByHash(at, hashOf(token)) : undefined;
    if (!row || row.revoked_at || row.expires_at <= clock.now()) throw new AppError('shared_cart.not_found');
    return row;
  }
  /** Locked, and as it is then. */
  async function requireLocked(trx: Trx, token: string): Promise<Row> {
    await repository.lock(trx, (await require(trx, token)).id);
    return require(trx, token);
  }
  function requireOpen(row: Row): void {
    const status = statusOf(row);
    if (status === 'paying') throw new AppError('shared_cart.paying');
    if (status === 'paid') throw new AppError('shared_cart.paid');
  }
  async function tell(trx: Trx, id: string): Promise<void> {
    for (const member of await repository.membersOf(trx, id))
      await notify(trx, member.user_id, { type: 'cart.shared', sharedCartId: id });
  }
  async function firstNameOf(at: DbOrTrx, who: Who): Promise<string> {
    if (!who.email) return '';
    const user = await at.selectFrom('users').select('name').where('id', '=', who.userId).executeTakeFirst();
    return (user?.name ?? '').trim().split(/\s+/)[0]?.slice(0, 40) ?? '';
  }
  async function enter(trx: Trx, row: { id: string }, who: Who, firstName: string | undefined): Promise<void> {
    const members = await repository.membersOf(trx, row.id);
    const isIn = members.some((member) => member.user_id === who.userId);
    if (!isIn && members.length >= mostMembers) throw new AppError('shared_cart.full');
    const given = firstName?.trim();
    if (isIn && given === undefined) return;
    await repository.putMember(trx, row.id, who.userId, given || (await firstNameOf(trx, who)));
  }
  /** Puts in what can be bought and is not in yet; the rest is left out. */
  async function put(trx: Trx, row: { id: string }, userId: string, photoIds: readonly string[]): Promise<boolean> {
    const there = await repository.linesOf(trx, row.id);
    const isIn = new Set(there.map((line) => line.photo_id));
    const wanted = [...new Set(photoIds)].filter((id) => !isIn.has(id));
    if (wanted.length === 0) return false;
    if (there.length + wanted.length > mostLines) throw new AppError('shared_cart.full');
    const found = (await photos.sellable(trx, wanted)).filter((photo) => photo.isForSale);
    const priced = await packages.pricedFor(trx, [...new Set(found.map((photo) => photo.eventId))]);
    const lines = found.map((photo) => ({
      photoId: photo.id,
      eventId: photo.eventId,
      seenPriceSatang: listPriceOf(photo, priced),
    }));
    await repository.insertLines(trx, row.id, userId, lines);
    return lines.length > 0;
  }
  async function select(at: DbOrTrx, row: Row, who: Who, couponId: string | null) {
    const lines = await repository.linesOf(at, row.id);
    return priceSelection(deps, at, { userId: who.userId, email: who.email, packageId: null, couponId, lines });
  }

  async function view(at: DbOrTrx, row: Row, who: Who): Promise<SharedCartView> {
    const selection = await select(at, row, who, await cart.couponIdOf(at, who.userId));
    const members = await repository.membersOf(at, row.id);
    const nameOf = new Map(members.map((member) => [member.user_id, member.name]));
    const partOf = new Map(selection.quote.lines.map((line) => [line.photoId, line.priceSatang]));
    const status = statusOf(row);
    const isPayer = row.payer_id === who.userId;
    const hasOrder = status === 'paying' || status === 'paid';
    const isPaid = status === 'paid';
    return {
      id: row.id,
      name: row.name,
      status,
      link: `/together/${tokenOf(row.id)}`,
      expiresAt: row.expires_at.toISOString(),
      isOwner: row.owner_id === who.userId,
      members: members.map((member) => ({
        name: member.name,
        isMe: member.user_id === who.userId,
        isOwner: member.user_id === row.owner_id,
        photos: selection.lines.filter(({ line }) => line.added_by === member.user_id).length,
      })),
      items: selection.lines.map((each) => ({
        id: each.line.id,
        photoId: each.line.photo_id,
        eventId: each.line.event_id,
        eventName: each.photo?.eventName ?? '',
        thumbnailUrl: each.photo?.thumbnailUrl ?? null,
        width: each.photo?.width ?? null,
        height: each.photo?.height ?? null,
        addedBy: each.line.added_by === null ? null : (nameOf.get(each.line.added_by) ?? ''),
        isMine: each.line.added_by === who.userId,
        addedAt: each.line.added_at.toISOString(),
        // Bought: whoever looks, the lines stay as they were sold.
        status: hasOrder && each.status !== 'withdrawn' ? 'available' : each.status,
        ownPriceSatang: each.photo?.priceSatang ?? null,
        listPriceSatang: each.listPriceSatang,
        priceSatang: partOf.get(each.line.photo_id) ?? null,
        previousPriceSatang: changedFrom(each),
      })),
      quote: selection.quote,
      payer: hasOrder && row.payer_id ? { name: nameOf.get(row.payer_id) ?? '', isMe: isPayer } : null,
      orderLink: hasOrder && isPayer ? `/orders/${row.order_id}` : null,
      isOrderShared: isPaid && row.is_order_shared,
      canDownload: isPaid && (isPayer || row.is_order_shared),
    };
  }
  /** Runs a change under the cart's lock, tells everybody when there was one, and answers it as it then is. */
  async function change(
    token: string,
    who: Who,
    work: (trx: Trx, row: Row) => Promise<boolean>,
  ): Promise<SharedCartView> {
    return db.transaction().execute(async (trx) => {
      const row = await requireLocked(trx, token);
      const isChanged = await work(trx, row);
      if (isChanged) await tell(trx, row.id);
      return view(trx, (await repository.find(trx, row.id))!, who);
    });
  }

  return {
    async create(
      who: Who,
      input: { name?: string | undefined; firstName?: string | undefined; photoIds?: readonly string[] | undefined },
    ): Promise<SharedCartView> {
      return db.transaction().execute(async (trx) => {
        if ((await repository.isOpenAt(trx, who.userId, clock.now())) >= mostOpen)
          throw new AppError('shared_cart.full');
        const id = randomUUID();
        const expiresAt = new Date(clock.now().getTime() + lifeDays * 86_400_000);
        await repository.insert(trx, {
          id,
          owner_id: who.userId,
          name: input.name ?? '',
          token_hash: hashOf(tokenOf(id)),
          expires_at: expiresAt,
        });
        await enter(trx, { id }, who, input.firstName);
        if (input.photoIds) await put(trx, { id }, who.userId, input.photoIds);
        return view(trx, (await repository.find(trx, id))!, who);
      });
    },
    async list(who: Who) {
      const rows = await repository.listFor(db, who.userId, clock.now());
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        status: statusOf(row),
        link: `/together/${tokenOf(row.id)}`,
        expiresAt: row.expires_at.toISOString(),
        isOwner: row.owner_id === who.userId,
        photoCount: row.photos,
        memberCount: row.members,
      }));
    },
    get: async (token: string, who: Who): Promise<SharedCartView> => view(db, await require(db, token), who),
    join: (token: string, who: Who, firstName: string | undefined): Promise<SharedCartView> =>
      change(token, who, async (trx, row) => {
        const before = JSON.stringify(await repository.membersOf(trx, row.id));
        await enter(trx, row, who, firstName);
        return JSON.stringify(await repository.membersOf(trx, row.id)) !== before;
      }),
    add: (token: string, who: Who, photoIds: readonly string[]): Promise<SharedCartView> =>
      change(token, who, async (trx, row) => {
        requireOpen(row);
        await enter(trx, row, who, undefined);
        return put(trx, row, who.userId, photoIds);
      }),
    remove: (token: string, who: Who, itemIds: readonly string[]): Promise<SharedCartView> =>
      change(token, who, async (trx, row) => {
        requireOpen(row);
        await enter(trx, row, who, undefined);
        return (await repository.removeLines(trx, row.id, who.userId, itemIds)) > 0;
      }),
    /** Only its owner; for anybody else it is not there. */
    revoke: (token: string, who: Who): Promise<void> =>
      db.transaction().execute(async (trx) => {
        const row = await requireLocked(trx, token);
        if (row.owner_id !== who.userId) throw new AppError('shared_cart.not_found');
        await repository.update(trx, row.id, { revoked_at: clock.now() });
        await tell(trx, row.id);
      }),
    shareOrder: (token: string, who: Who, isShared: boolean): Promise<SharedCartView> =>
      change(token, who, async (trx, row) => {
        if (row.payer_id !== who.userId || statusOf(row) !== 'paid') throw new AppError('order.not_found');
        await repository.update(trx, row.id, { is_order_shared: isShared });
        return true;
      }),
    /** The order whose originals this viewer may download by the link; photo.not_purchased when the payer did not share. */
    async downloadableOrder(token: string, who: Who): Promise<string> {
      const row = await require(db, token);
      const isAllowed = statusOf(row) === 'paid' && (row.payer_id === who.userId || row.is_order_shared);
      if (!isAllowed || !row.order_id) throw new AppError('photo.not_purchased');
      return row.order_id;
    },

    // For orders.

    /** Locks the payer's cart (its coupon goes along), then the shared cart, which must be open; prices it for the payer. */
    async lockSelection(trx: Trx, token: string, who: Who): Promise<{ id: string; selection: Selection }> {
      const couponId = await cart.lockCouponId(trx, who.userId);
      const row = await requireLocked(trx, token);
      requireOpen(row);
      await enter(trx, row, who, undefined);
      return { id: row.id, selection: await select(trx, row, who, couponId) };
    },
    async ordered(trx: Trx, id: string, orderId: string): Promise<void> {
      await repository.update(trx, id, { order_id: orderId });
      await tell(trx, id);
    },
    /** The order of this cart ended unpaid (it is open again), or was paid, maybe late. */
    async orderChanged(trx: Trx, id: string, orderId: string, isPaid: boolean): Promise<void> {
      await repository.lock(trx, id);
      const row = await repository.find(trx, id);
      if (!row) return;
      if (!isPaid && row.order_id === orderId) await repository.update(trx, id, { order_id: null });
      if (isPaid && row.order_id === null) await repository.update(trx, id, { order_id: orderId });
      await tell(trx, id);
    },
    joinGuest: repository.joinGuest,
  };
}
