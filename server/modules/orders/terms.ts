import type { SettingKey, SettingValue } from '#contracts/settings.ts';
import type { TaxSnapshot } from './repository.ts';

/** The part of the settings service that selling needs. */
export interface Settings {
  get<K extends SettingKey>(key: K): Promise<SettingValue<K>>;
  getAll<K extends SettingKey>(keys: readonly K[]): Promise<{ [Key in K]: SettingValue<Key> }>;
}
export interface Terms {
  seller: SettingValue<'seller'>;
  tax: TaxSnapshot;
  maxDownloads: number;
}

const bangkokDay = (at: Date): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Bangkok', dateStyle: 'short' }).format(at);

/** VAT of that day: the last rate whose `from` is not after it; 0 when the seller is not registered. */
export function taxAt(
  seller: { vatRegistered: boolean },
  rates: readonly { from: string; rateBp: number }[],
  at: Date,
) {
  const day = bangkokDay(at);
  const past = rates.filter((rate) => rate.from <= day).sort((a, b) => (a.from < b.from ? 1 : -1));
  return { vatRegistered: seller.vatRegistered, rateBp: seller.vatRegistered ? (past[0]?.rateBp ?? 0) : 0 };
}

/** Read before a transaction is opened: inside one there is no second connection to ask with. */
export async function loadTerms(settings: Settings, at: Date): Promise<Terms> {
  const { seller, tax, downloads } = await settings.getAll(['seller', 'tax', 'downloads']);
  return { seller, tax: taxAt(seller, tax.rates, at), maxDownloads: downloads.maxPerPhoto };
}
