import { z } from 'zod';

const bp = z.int().min(0).max(10_000).describe('basis points, 100 = 1 %');
const isoDate = z.iso.date();

/**
 * What an admin can set while the system runs: one schema per key, and the value that holds until somebody sets another.
 * Stored values are parsed with these, so a field added later takes its default from here.
 */
export const settingSchemas = {
  /** Who sells: printed on receipts and tax invoices, shown on the terms page. */
  seller: z.object({
    name: z.string().trim().min(1).max(200).default('ThePixStock'),
    address: z.string().trim().max(500).default(''),
    taxId: z
      .string()
      .trim()
      .regex(/^(\d{13})?$/, '13 digits or empty')
      .default(''),
    branch: z.string().trim().max(100).default('สำนักงานใหญ่'),
    email: z.string().trim().max(200).default(''),
    phone: z.string().trim().max(40).default(''),
    /** Decides between receipt and tax invoice, and whether prices contain VAT. */
    vatRegistered: z.boolean().default(false),
  }),
  /** VAT by date: the rate of a sale is the last one whose `from` is not after the day of payment (Bangkok). */
  tax: z.object({
    rates: z
      .array(z.object({ from: isoDate, rateBp: bp }))
      .min(1)
      .max(50)
      .default([{ from: '1992-01-01', rateBp: 700 }]),
  }),
  refunds: z.object({
    /** Refunds above this need a second admin. */
    twoPersonLimitSatang: z.int().min(0).default(200_000),
    /** A buyer may ask for a refund this many days after paying. */
    requestWithinDays: z.int().min(0).max(365).default(30),
  }),
  reconciliation: z.object({
    /** A payment without its bank row after this becomes a case for a person. */
    overdueHours: z.int().min(1).max(240).default(24),
    /** What the gateway keeps of a payment, where its feed does not say: a share, and an amount each. */
    feeBp: bp.default(0),
    feeSatang: z.int().min(0).max(100_000).default(0),
    /** One person may give up so much; above, a second has to agree. */
    writeOffLimitSatang: z.int().min(0).default(100),
  }),
  payouts: z.object({
    /** Earnings rest this long before they are paid out, so that refunds come first. */
    holdDays: z.int().min(0).max(90).default(7),
    withholdingBp: bp.default(300),
    /** Withholding applies from this gross amount on. */
    withholdingThresholdSatang: z.int().min(0).default(100_000),
    /** A batch leaves out who is owed less; it is carried on to the next. */
    minimumSatang: z.int().min(0).default(10_000),
    /** Payouts above this gross amount need a second admin. */
    twoPersonLimitSatang: z.int().min(0).default(5_000_000),
    /** Layouts of the file for the bank: docs/runbook.md. */
    bankFileFormat: z.enum(['csv', 'fixed']).default('csv'),
    bankFileEncoding: z.enum(['utf-8', 'tis-620']).default('utf-8'),
    /** The account that payouts leave from. */
    debitAccount: z
      .string()
      .trim()
      .regex(/^(\d{10,15})?$/, '10 to 15 digits or empty')
      .default(''),
  }),
  downloads: z.object({
    maxPerPhoto: z.int().min(1).max(1000).default(20),
    linkHours: z
      .int()
      .min(1)
      .max(24 * 30)
      .default(72),
  }),
  privacy: z.object({
    /** A consent to face search lapses by itself after this. */
    consentDays: z.int().min(1).max(365).default(90),
    /** Guests who own nothing are removed after this. */
    guestDays: z.int().min(1).max(365).default(60),
  }),
  site: z.object({
    supportEmail: z.string().trim().max(200).default(''),
    supportLine: z.string().trim().max(100).default(''),
    /** Shown as a banner on every page; empty: none. */
    noticeTh: z.string().trim().max(500).default(''),
    noticeEn: z.string().trim().max(500).default(''),
  }),
} as const;

export type SettingKey = keyof typeof settingSchemas;
export type SettingValue<K extends SettingKey> = z.output<(typeof settingSchemas)[K]>;
export const settingKeys = Object.keys(settingSchemas) as [SettingKey, ...SettingKey[]];

/** Every field at its default. */
export const defaultSetting = <K extends SettingKey>(key: K): SettingValue<K> =>
  settingSchemas[key].parse({}) as SettingValue<K>;
