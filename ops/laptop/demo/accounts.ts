import { hashPassword } from '#server/auth/better-auth.ts';
import type { Db } from '#server/platform/db.ts';

export const demoPassword = 'Demo-Pass-2026';
const demoDomain = 'demo.thepixstock.test';

/** One account of each role; the e-mail is `<name>@demo.thepixstock.test`. */
const people = [
  { name: 'admin', role: 'admin', display: 'Ananya Admin' },
  { name: 'photographer', role: 'photographer', display: 'Phet Photographer' },
  { name: 'organizer', role: 'organizer', display: 'Orn Organizer' },
  { name: 'buyer', role: 'customer', display: 'Bua Buyer' },
] as const;
export type DemoName = (typeof people)[number]['name'];
export const demoEmail = (name: DemoName): string => `${name}@${demoDomain}`;

/** Makes the demo accounts that are not there yet; answers the user id of each. Safe to repeat. */
export async function ensureAccounts(db: Db): Promise<Record<DemoName, string>> {
  const ids = {} as Record<DemoName, string>;
  for (const person of people) {
    const email = demoEmail(person.name);
    const existing = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
    ids[person.name] = existing?.id ?? (await create(db, email, person.role, person.display));
  }
  await db
    .insertInto('photographers')
    .values({
      user_id: ids.photographer,
      display_name: 'Phet Photographer',
      slug: 'phet',
      bio: 'Runs with a camera.',
      is_public: true,
    })
    .onConflict((c) => c.column('user_id').doNothing())
    .execute();
  await db
    .insertInto('organizers')
    .values({ user_id: ids.organizer, name: 'Krungthep Night Co., Ltd.', contact_email: demoEmail('organizer') })
    .onConflict((c) => c.column('user_id').doNothing())
    .execute();
  return ids;
}

async function create(db: Db, email: string, role: string, display: string): Promise<string> {
  const password = await hashPassword(demoPassword);
  return db.transaction().execute(async (trx) => {
    const user = await trx
      .insertInto('users')
      .values({ email, name: display, role, email_verified: true, locale: 'th' })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('accounts')
      .values({ user_id: user.id, account_id: user.id, provider_id: 'credential', password })
      .execute();
    return user.id;
  });
}
