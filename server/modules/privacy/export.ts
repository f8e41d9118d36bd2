import type { Db } from '#server/platform/db.ts';

/** Everything that hangs on one person, by topic; no secrets (tokens, hashes, descriptors are named, not shown). */
export async function exportPerson(db: Db, userId: string): Promise<Record<string, unknown>> {
  const mine = { userId };
  const [profile, sessions, consents, searches, feedback, favorites, cart, orders, items, messages, requests] =
    await Promise.all([
      db
        .selectFrom('users')
        .select(['id', 'name', 'email', 'role', 'locale', 'phone', 'email_verified', 'is_anonymous'])
        .select(['two_factor_enabled', 'created_at', 'updated_at'])
        .where('id', '=', userId)
        .executeTakeFirst(),
      db
        .selectFrom('sessions')
        .select(['created_at', 'expires_at', 'ip_address', 'user_agent'])
        .where('user_id', '=', mine.userId)
        .execute(),
      db
        .selectFrom('consents')
        .select(['id', 'purpose', 'event_id', 'action', 'withdraws_id', 'text_version', 'language', 'by_guardian'])
        .select(['ip_address', 'user_agent', 'created_at', 'expires_at'])
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .execute(),
      db
        .selectFrom('face_searches as s')
        .select(['s.id', 's.event_id', 's.source', 's.status', 's.created_at', 's.open_until'])
        .select((eb) => [
          eb('s.descriptor', 'is not', null).as('descriptor_is_stored'),
          eb
            .selectFrom('face_matches as m')
            .select((m) => m.fn.countAll<number>().as('count'))
            .whereRef('m.search_id', '=', 's.id')
            .as('matches'),
        ])
        .where('s.user_id', '=', userId)
        .orderBy('s.created_at')
        .execute(),
      db
        .selectFrom('face_feedback')
        .select(['photo_id', 'event_id', 'verdict', 'created_at'])
        .where('user_id', '=', userId)
        .execute(),
      db
        .selectFrom('favorites')
        .select(['photo_id', 'event_id', 'created_at'])
        .where('user_id', '=', userId)
        .where('deleted_at', 'is', null)
        .execute(),
      db
        .selectFrom('cart_items as i')
        .innerJoin('carts as c', 'c.id', 'i.cart_id')
        .select(['i.photo_id', 'i.event_id', 'i.is_selected', 'i.added_at'])
        .where('c.user_id', '=', userId)
        .where('i.deleted_at', 'is', null)
        .execute(),
      db
        .selectFrom('orders')
        .select(['id', 'number', 'email', 'status', 'total_satang', 'buyer', 'placed_at', 'paid_at'])
        .where('user_id', '=', userId)
        .orderBy('placed_at')
        .execute(),
      db
        .selectFrom('order_items as i')
        .innerJoin('orders as o', 'o.id', 'i.order_id')
        .select(['i.order_id', 'i.photo_id', 'i.event_id', 'i.price_satang', 'i.refunded_at'])
        .where('o.user_id', '=', userId)
        .execute(),
      db
        .selectFrom('messages')
        .select(['channel', 'template', 'recipient', 'status', 'sent_at', 'created_at'])
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .execute(),
      db
        .selectFrom('privacy_requests')
        .select(['id', 'kind', 'status', 'details', 'decision', 'created_at', 'completed_at'])
        .where('user_id', '=', userId)
        .execute(),
    ]);
  const [hidden, uploads, photographer, bankAccounts, push, activity, notices, wishes, line] = await Promise.all([
    db
      .selectFrom('face_opt_outs')
      .select(['event_id', 'status', 'hidden_faces', 'created_at'])
      .where('user_id', '=', userId)
      .execute(),
    db
      .selectFrom('uploads')
      .select(['event_id', 'file_name', 'bytes', 'status', 'created_at'])
      .where('user_id', '=', userId)
      .execute(),
    db
      .selectFrom('photographers')
      .select(['display_name', 'slug', 'bio', 'portfolio_url', 'is_public', 'tax_id'])
      .where('user_id', '=', userId)
      .executeTakeFirst(),
    db.selectFrom('bank_accounts').select(['bank_code', 'account_last4']).where('user_id', '=', userId).execute(),
    db
      .selectFrom('push_subscriptions')
      .select(['user_agent', 'created_at', 'last_sent_at'])
      .where('user_id', '=', userId)
      .execute(),
    db
      .selectFrom('audit_logs')
      .select(['action', 'subject_kind', 'subject_id', 'ip_address', 'created_at'])
      .where('actor_id', '=', userId)
      .orderBy('id', 'desc')
      .limit(1000)
      .execute(),
    db
      .selectFrom('notices')
      .select(['kind', 'title_th', 'title_en', 'body_th', 'body_en', 'path', 'created_at', 'read_at'])
      .where('user_id', '=', userId)
      .orderBy('created_at')
      .execute(),
    db
      .selectFrom('notification_preferences')
      .select(['kind', 'channel', 'is_on'])
      .where('user_id', '=', userId)
      .execute(),
    db.selectFrom('line_links').select(['linked_at', 'blocked_at']).where('user_id', '=', userId).execute(),
  ]);
  return {
    exportedAt: new Date().toISOString(),
    profile,
    sessions,
    consents,
    searches,
    feedback,
    favorites,
    cart,
    orders: orders.map((order) => ({ ...order, items: items.filter((item) => item.order_id === order.id) })),
    messages,
    privacyRequests: requests,
    hiddenAtEvents: hidden,
    uploads,
    photographer: photographer ?? null,
    bankAccounts,
    pushSubscriptions: push,
    notices,
    notificationPreferences: wishes,
    lineLinks: line,
    activity,
  };
}
