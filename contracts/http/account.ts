import { z } from 'zod';
import { locales, userView } from './auth.ts';
import { isoTime, route } from './route.ts';

const tag = 'Account';

export const accountView = userView.extend({
  phone: z.string().nullable(),
  createdAt: isoTime,
  photographerId: z.uuid().nullable(),
  organizerId: z.uuid().nullable(),
});
export type AccountView = z.output<typeof accountView>;

export const getAccount = route({
  method: 'get',
  path: '/api/account',
  summary: 'My profile',
  tag,
  access: 'user',
  responses: { 200: accountView },
});

export const updateAccount = route({
  method: 'put',
  path: '/api/account',
  summary: 'Change name, language or phone; fields left out stay',
  tag,
  access: 'user',
  idempotent: true,
  body: z.object({
    name: z.string().trim().min(1).max(100).optional(),
    locale: z.enum(locales).optional(),
    phone: z
      .string()
      .trim()
      .regex(/^\+?[0-9][0-9 -]{5,19}$/, 'a telephone number')
      .nullable()
      .optional(),
  }),
  responses: { 200: accountView },
});

export const setLocale = route({
  method: 'put',
  path: '/api/account/locale',
  summary: 'Remember the language, for guests too (e-mails are written in it)',
  tag,
  access: 'session',
  idempotent: true,
  body: z.object({ locale: z.enum(locales) }),
  responses: { 200: userView },
});

export const deleteAccount = route({
  method: 'delete',
  path: '/api/account',
  summary: 'Erase me: name, address, searches and sessions go; what tax law keeps stays without a link to a person',
  tag,
  access: 'session',
  rateLimit: 'auth',
  body: z.object({ password: z.string().min(1).max(200).optional().describe('needed for accounts, not for guests') }),
  responses: { 204: null },
  errors: ['auth.invalid_credentials', 'auth.locked', 'user.last_admin'],
});

/** Thai bank codes as the Bank of Thailand numbers them. */
export const bankCodes = {
  '002': 'Bangkok Bank',
  '004': 'Kasikornbank',
  '006': 'Krungthai Bank',
  '011': 'TMBThanachart Bank',
  '014': 'Siam Commercial Bank',
  '022': 'CIMB Thai',
  '024': 'United Overseas Bank (Thai)',
  '025': 'Bank of Ayudhya (Krungsri)',
  '030': 'Government Savings Bank',
  '033': 'Government Housing Bank',
  '034': 'Bank for Agriculture and Agricultural Cooperatives',
  '067': 'Tisco Bank',
  '069': 'Kiatnakin Phatra Bank',
  '070': 'ICBC (Thai)',
  '071': 'Thai Credit Bank',
  '073': 'LH Bank',
} as const;
export type BankCode = keyof typeof bankCodes;
const bankCodeList = Object.keys(bankCodes) as [BankCode, ...BankCode[]];

export const bankAccountView = z.object({
  id: z.uuid(),
  bankCode: z.string(),
  bankName: z.string(),
  last4: z.string().describe('the last four digits; the rest is encrypted and never shown'),
  verifiedAt: isoTime.nullable(),
  updatedAt: isoTime,
});

export const getBankAccount = route({
  method: 'get',
  path: '/api/account/bank-account',
  summary: 'Where my earnings are paid to; null when not told yet',
  tag,
  access: ['photographer', 'organizer'],
  responses: { 200: z.object({ bankAccount: bankAccountView.nullable() }) },
});

export const putBankAccount = route({
  method: 'put',
  path: '/api/account/bank-account',
  summary: 'Set where my earnings are paid to',
  tag,
  access: ['photographer', 'organizer'],
  idempotent: true,
  body: z.object({
    bankCode: z.enum(bankCodeList),
    accountName: z.string().trim().min(1).max(200),
    accountNumber: z
      .string()
      .transform((text) => text.replace(/[\s-]/g, ''))
      .pipe(z.string().regex(/^\d{10,15}$/, '10 to 15 digits')),
  }),
  responses: { 200: z.object({ bankAccount: bankAccountView }) },
});
