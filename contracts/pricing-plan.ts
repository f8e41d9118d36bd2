import { type Satang, spread } from './money.ts';

// How one event's photos are bought: its offer, the cheapest plan, each photo's part of the price. Used by pricing.ts alone.

export interface PricedPhoto {
  id: string;
  eventId: string;
  /** The photo's own price; null: what a single photo of the event costs. */
  priceSatang: Satang | null;
}
export interface PricedPackage {
  id: string;
  kind: 'single' | 'bundle' | 'unlimited';
  /** 1 for single, null for unlimited. */
  photoCount: number | null;
  priceSatang: Satang;
  /** null: for every event, unless one with the same id is given for the event itself. */
  eventId: string | null;
}
export interface QuotePackage {
  packageId: string;
  eventId: string;
  kind: PricedPackage['kind'];
  /** How many times it is taken. */
  count: number;
  /** How many of the chosen photos it covers. */
  photos: number;
  unitPriceSatang: Satang;
}
/** One event's offer. */
export interface Offer {
  single: PricedPackage | undefined;
  bundles: PricedPackage[];
  unlimited: PricedPackage | undefined;
}
/** A way to buy one event's photos; `photos` are sorted by list price, dearest first. */
export interface Plan {
  total: Satang;
  /** Taken bundles, each with the photos it covers, dearest photos first. */
  bundles: { bundle: PricedPackage; covers: number }[];
  /** Covers what the bundles do not. */
  unlimited: PricedPackage | undefined;
  /** Every photo costs nothing: unlimited was bought before. */
  isOwned?: boolean;
}

const cheapest = (packages: PricedPackage[]): PricedPackage | undefined =>
  packages.reduce<PricedPackage | undefined>(
    (best, each) =>
      !best || each.priceSatang < best.priceSatang || (each.priceSatang === best.priceSatang && each.id < best.id)
        ? each
        : best,
    undefined,
  );

export function offerOf(eventId: string, packages: readonly PricedPackage[]): Offer {
  const own = new Map(packages.filter((each) => each.eventId === eventId).map((each) => [each.id, each]));
  const all = [...own.values(), ...packages.filter((each) => each.eventId === null && !own.has(each.id))];
  return {
    single: cheapest(all.filter((each) => each.kind === 'single')),
    bundles: all
      .filter((each) => each.kind === 'bundle' && (each.photoCount ?? 0) >= 1)
      .sort(
        (a, b) => (b.photoCount ?? 0) - (a.photoCount ?? 0) || a.priceSatang - b.priceSatang || (a.id < b.id ? -1 : 1),
      ),
    unlimited: cheapest(all.filter((each) => each.kind === 'unlimited')),
  };
}

export const listPrice = (photo: PricedPhoto, offer: Offer): number =>
  photo.priceSatang ?? offer.single?.priceSatang ?? Number.POSITIVE_INFINITY;

/** What this photo costs alone; null when only a bundle or unlimited covers it. */
export function listPriceOf(photo: PricedPhoto, packages: readonly PricedPackage[]): Satang | null {
  const price = listPrice(photo, offerOf(photo.eventId, packages));
  return Number.isFinite(price) ? price : null;
}

/** cost[m]: least for bundles that together cover at least m photos, and the bundle taken first for it. O(m * bundles). */
function bundleCosts(most: number, bundles: readonly PricedPackage[]) {
  const cost = new Array<number>(most + 1).fill(Number.POSITIVE_INFINITY);
  const first = new Array<PricedPackage | undefined>(most + 1).fill(undefined);
  cost[0] = 0;
  for (let m = 1; m <= most; m++) {
    for (const bundle of bundles) {
      const total = bundle.priceSatang + cost[Math.max(0, m - (bundle.photoCount ?? 0))]!;
      if (total < cost[m]!) {
        cost[m] = total;
        first[m] = bundle;
      }
    }
  }
  return { cost, first };
}

/**
 * Least total for prices sorted dearest first: bundles over the m dearest, the rest one by one, for the best m; or
 * unlimited, also when it costs the same. `taken` was decided before and covers the dearest ones; unlimited then covers the rest.
 */
export function bestPlan(prices: readonly number[], offer: Offer, taken: readonly PricedPackage[] = []): Plan {
  const count = prices.length;
  const { cost, first } = bundleCosts(count, offer.bundles);
  const takenTotal = taken.reduce((sum, each) => sum + each.priceSatang, 0);
  const takenCovers = Math.min(
    count,
    taken.reduce((sum, each) => sum + (each.photoCount ?? 0), 0),
  );
  let rest = 0;
  for (let i = takenCovers; i < count; i++) rest += prices[i]!;
  // Infinity minus Infinity is not a number: sums of the tail are built from the end instead.
  const tail = new Array<number>(count + 1).fill(0);
  for (let i = count - 1; i >= 0; i--) tail[i] = tail[i + 1]! + prices[i]!;
  let best = { total: takenTotal + rest, covered: 0 };
  for (let m = 1; takenCovers + m <= count; m++) {
    const total = takenTotal + cost[m]! + tail[takenCovers + m]!;
    if (total < best.total) best = { total, covered: m };
  }
  const bundles: Plan['bundles'] = [];
  let left = takenCovers;
  for (const bundle of taken) {
    const covers = Math.min(left, bundle.photoCount ?? 0);
    bundles.push({ bundle, covers });
    left -= covers;
  }
  const { unlimited } = offer;
  const isForRest = taken.length === 0 || takenCovers < count;
  if (unlimited && isForRest && takenTotal + unlimited.priceSatang <= best.total)
    return { total: takenTotal + unlimited.priceSatang, bundles, unlimited };
  for (let m = best.covered; m > 0; ) {
    const bundle = first[m]!;
    const covers = Math.min(m, bundle.photoCount ?? 0);
    bundles.push({ bundle, covers });
    m -= covers;
  }
  return { total: best.total, bundles, unlimited: undefined };
}

export interface EventPart {
  eventId: string;
  offer: Offer;
  /** Dearest first; ties by the order given. */
  photos: { photo: PricedPhoto; list: number }[];
  plan: Plan;
}

function forcedPlan(part: EventPart, packageId: string): Plan | undefined {
  const { offer } = part;
  const prices = part.photos.map((each) => each.list);
  if (offer.unlimited?.id === packageId) {
    return { total: offer.unlimited.priceSatang, bundles: [], unlimited: offer.unlimited };
  }
  const bundle = offer.bundles.find((each) => each.id === packageId);
  if (bundle) return bestPlan(prices, offer, [bundle]);
  if (offer.single?.id === packageId && prices.every(Number.isFinite)) {
    return { total: prices.reduce((a, b) => a + b, 0), bundles: [], unlimited: undefined };
  }
  return undefined;
}

/** Puts the buyer's package in; true when it was possible somewhere. */
export function applyForced(parts: EventPart[], packageId: string): boolean {
  const options = parts
    .filter((part) => !part.plan.isOwned)
    .map((part) => ({ part, plan: forcedPlan(part, packageId) }))
    .filter((each): each is { part: EventPart; plan: Plan } => each.plan !== undefined);
  if (options.length === 0) return false;
  const isSingle = options.every(({ part }) => part.offer.single?.id === packageId);
  const extra = ({ part, plan }: (typeof options)[number]) => plan.total - part.plan.total;
  const chosen = isSingle ? options : [options.reduce((best, each) => (extra(each) < extra(best) ? each : best))];
  for (const { part, plan } of chosen) part.plan = plan;
  return true;
}

/** Each photo's part of the plan's price, in the part's order, with the package that covers it. */
export function allocate({ photos, plan, offer }: EventPart): { priceSatang: Satang; packageId: string | null }[] {
  if (plan.isOwned) return photos.map(() => ({ priceSatang: 0, packageId: null }));
  const cover = (from: number, to: number, { id, priceSatang }: PricedPackage) => {
    const lists = photos.slice(from, to).map((each) => each.list);
    const weights = lists.every(Number.isFinite) ? lists : lists.map(() => 1);
    return spread(priceSatang, weights).map((part) => ({ priceSatang: part, packageId: id as string | null }));
  };
  const parts: { priceSatang: Satang; packageId: string | null }[] = [];
  for (const { bundle, covers } of plan.bundles) parts.push(...cover(parts.length, parts.length + covers, bundle));
  if (plan.unlimited) return [...parts, ...cover(parts.length, photos.length, plan.unlimited)];
  for (const { photo, list } of photos.slice(parts.length)) {
    parts.push({ priceSatang: list, packageId: photo.priceSatang === null ? (offer.single?.id ?? null) : null });
  }
  return parts;
}

export function packagesOf(part: EventPart, allocated: { packageId: string | null }[]): QuotePackage[] {
  const { plan, eventId, offer, photos } = part;
  if (plan.isOwned) return [];
  const shape = (used: PricedPackage, count: number, covered: number): QuotePackage => ({
    packageId: used.id,
    eventId,
    kind: used.kind,
    count,
    photos: covered,
    unitPriceSatang: used.priceSatang,
  });
  const taken = new Map<string, QuotePackage>();
  for (const { bundle, covers } of plan.bundles) {
    const before = taken.get(bundle.id);
    taken.set(bundle.id, shape(bundle, (before?.count ?? 0) + 1, (before?.photos ?? 0) + covers));
  }
  const covered = plan.bundles.reduce((sum, each) => sum + each.covers, 0);
  if (plan.unlimited) return [...taken.values(), shape(plan.unlimited, 1, photos.length - covered)];
  const singles = allocated.slice(covered).filter((each) => each.packageId !== null).length;
  if (offer.single && singles > 0) taken.set(offer.single.id, shape(offer.single, singles, singles));
  return [...taken.values()];
}
