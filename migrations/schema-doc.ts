import pg from 'pg';

/** One line per table, by area. The test fails when a table is missing here or a line has no table. */
export const areas: Record<string, Record<string, string>> = {
  Identity: {
    users:
      'Everybody who has a session: accounts of every role, and guests (`is_anonymous`), who own carts and searches like anyone.',
    sessions: 'Signed-in devices; token for cookie or bearer, hash of the rotating refresh token.',
    accounts: "Ways to sign in: the password's hash, or an outside provider.",
    verifications: 'Short-lived codes of better-auth: e-mail confirmation, password reset.',
    jwks: 'Keys that sign JSON Web Tokens for programs.',
    two_factors: 'Second-factor secrets and backup codes.',
    login_attempts: 'Sign-in attempts by hash of the e-mail; five failures lock for a while.',
    consents: 'Append-only ledger of consent: purpose, text version and hash, event; a withdrawal is a row of its own.',
    privacy_requests: 'Access, export, erasure and other requests under PDPA, with their due dates.',
  },
  Events: {
    events: 'A race, concert or wedding: when, where, who may look, what is for sale, how long faces are kept.',
    event_staff: 'Who photographs or organises an event.',
    organizers: 'Organizations that own events and receive a share.',
    event_packages: 'Packages of one event, with its own price where it differs.',
    event_announcements: 'Messages sent to the people of an event, and those that stand on its page.',
    event_status_changes: 'Each step of an event through its states.',
  },
  Photographers: {
    photographers: 'Public name, portfolio and tax facts of a user who photographs.',
    portfolio_photos:
      'Photos a photographer chose for the own page, in order; where there are none, the latest are shown.',
    bank_accounts: 'Where shares are paid to; name and number encrypted.',
  },
  Photos: {
    photos: 'One photo of an event: review state, identity by SHA-256, size, time, focus point, pipeline version.',
    photo_files:
      'Stored objects of a photo: original, three thumbnails, watermarked preview, clean picture for buyers.',
    photo_metadata: 'Camera facts from EXIF; of GPS only whether it was there.',
    photo_reviews: 'Each decision on a photo, with who and why.',
    photo_views: 'Views of a photo by day.',
    photo_bibs: 'Race numbers seen or typed on a photo.',
    uploads: 'Resumable uploads on their way to becoming a photo.',
  },
  Faces: {
    faces: 'Faces found in photos: box, landmarks, quality; the same row whatever describes it.',
    face_descriptors: 'What describes a face, once for each descriptor space.',
    face_engines:
      'Descriptor spaces that workers offer, with their manifest; notice accepted by whom and when, default for new events.',
    face_engine_changes: 'Events on their way from one descriptor space to another, and those that arrived.',
    face_engine_failures: 'Photos that could not be described in the space their event is going to.',
    face_groups: 'Faces of an event that look like one person, for the admin.',
    face_group_members: 'Which face is in which group.',
    face_group_actions: 'What admins did with groups, with what is needed to undo it.',
    face_searches: 'One search: whose, under which consent, the query descriptor while the search stays open.',
    face_matches: 'Photos that a search found, best face of each, with band and confidence.',
    face_feedback: "A person's own word on a photo: me or not me.",
    face_opt_outs: '"Hide me at this event": whose wish, with the descriptor that finds later photos while it stands.',
    face_changes: 'Which transaction last changed the searchable faces of a photo: how an index in memory catches up.',
    face_opt_out_faces: 'Faces that such a wish hides, or that a person must look at first.',
  },
  Commerce: {
    packages: 'What can be bought: single photo, bundle of n, unlimited.',
    carts: 'One cart per user or guest, with the package they insist on.',
    coupons: 'Codes that take something off: what, where, when, how often; single-use codes come in batches.',
    coupon_redemptions: 'Which order holds, used or gave back a coupon; counted under the lock of the coupon.',
    price_rules: "Free, discounted or fixed prices of an event's photos, by photographer or for all of them.",
    cart_items: 'Chosen photos; replicated to the devices, so deletes are tombstones.',
    shared_carts: 'Carts that friends fill together by a link; kept as the hash of its secret.',
    shared_cart_members: 'Who opened such a link, with the first name they go by.',
    shared_cart_items: 'Photos in a shared cart, with who put them in and who took them out.',
    orders: 'What was ordered at which price, frozen: quote, tax, buyer.',
    order_items: 'Photos of an order with the price each carries and the split rule frozen.',
    invoices: 'Receipts, tax invoices and credit notes, numbered without gaps.',
    payments: 'Attempts to pay an order at a gateway; one live at a time.',
    payment_webhooks: 'What gateways told us, byte for byte, stored before it is believed.',
    bank_feeds: 'When the bank feed of a gateway was first and last read.',
    bank_rows: 'Money seen on the bank account, each row once, with the payment it was matched to.',
    money_cases: 'Money that fits nothing by itself: what it is, who decided what about it.',
    refunds: 'Refunds from request over decision to transfer.',
    download_grants: 'Who may download which original, how often; since when it was there.',
    downloads:
      'Downloads that have begun: what of, how much was sent, so that a cut one goes on without counting again.',
    favorites: 'Photos a person likes; replicated to the devices.',
    photo_shares:
      'Public pages of bought photos: whose, of what, the hash of the link’s secret, taken down since when.',
  },
  Revenue: {
    split_rules: 'Versioned, dated rules for sharing a price; shares add up to 10,000 basis points.',
    ledger_accounts: 'Accounts of the double-entry ledger.',
    ledger_transactions: 'Balanced transactions; (kind, reference) makes each effect happen once.',
    ledger_postings: 'Append-only amounts in satang, debits positive; balances are their sums.',
    payouts: 'Payments of shares to photographers and organizers.',
    payout_items: 'The postings that a payout settles.',
  },
  Operations: {
    settings: 'Settings changed at run time, each checked by its schema.',
    email_templates: 'Edited e-mail texts; the built-in ones apply where there is none.',
    messages: 'Every e-mail, push and LINE message with its delivery; the dedupe key sends each once.',
    notices: 'What happened to a person, to be read in the app, in both languages; kept 90 days.',
    push_subscriptions: 'Browsers that take web push.',
    line_links: 'The LINE account a person linked.',
    line_link_codes: 'Codes a person sends to the LINE account of the shop to link it; one each, short-lived.',
    notification_preferences: 'What a person wants to hear of, and on which channel, where it is not the default.',
    search_tellings: 'How many photos of a search its person was told of.',
    audit_logs: 'Who did what to what.',
    idempotency_keys: 'Answers to requests that may be repeated.',
    outbox: 'Jobs written in the transaction that makes them necessary, moved to the queue afterwards.',
    sync_pushes: 'Changes of devices that took effect, by a hash: sent again they do nothing; kept 30 days.',
    sync_scopes:
      'Revision counters that replication and caches follow; their row lock makes commit order revision order. Below floor_revision deletions are forgotten.',
  },
};

interface ForeignKey {
  table: string;
  column: string;
  target: string;
  nullable: boolean;
}

/** Tables of the migrated database and their foreign keys. */
export async function readSchema(databaseUrl: string): Promise<{ tables: string[]; foreignKeys: ForeignKey[] }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = 'public' and table_name not like 'kysely%' order by 1`,
    );
    const foreignKeys = await client.query<ForeignKey>(
      `select c.conrelid::regclass::text as table, a.attname as column, c.confrelid::regclass::text as target, not a.attnotnull as nullable
       from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
       where c.contype = 'f' and c.connamespace = 'public'::regnamespace order by 1, 2`,
    );
    return { tables: tables.rows.map((row) => row.name), foreignKeys: foreignKeys.rows };
  } finally {
    await client.end();
  }
}

/** The text of docs/schema.md. */
export function schemaDocument(foreignKeys: readonly ForeignKey[]): string {
  const areaOf = new Map(
    Object.entries(areas).flatMap(([area, tables]) => Object.keys(tables).map((t) => [t, area] as const)),
  );
  const parts = [
    '# Schema',
    '',
    'Generated by `npm run db:docs` from the migrations; a test compares it with the migrated database. Money is integer satang,',
    'times are UTC to the millisecond, ids are random UUIDs. `||--o{` reads "one has many", `|o--o{` "may have".',
  ];
  for (const [area, tables] of Object.entries(areas)) {
    parts.push('', `## ${area}`, '', '| table | what it is |', '|---|---|');
    for (const [table, line] of Object.entries(tables)) parts.push(`| \`${table}\` | ${line} |`);
    parts.push('', '```mermaid', 'erDiagram');
    for (const key of foreignKeys.filter((k) => areaOf.get(k.table) === area)) {
      parts.push(`  ${key.target} ${key.nullable ? '|o' : '||'}--o{ ${key.table} : ${key.column}`);
    }
    parts.push('```');
  }
  return `${parts.join('\n')}\n`;
}
