import type { DbOrTrx } from './db.ts';

export interface AuditEntry {
  actorId: string | null;
  /** `<subject>.<verb>`: photo.approve, user.role, refund.decide, download.original. */
  action: string;
  subjectKind?: string;
  subjectId?: string;
  details?: Record<string, unknown>;
  requestId?: string;
  ipAddress?: string;
}

/** One line in the audit trail; inside the transaction of what it records. */
export async function audit(db: DbOrTrx, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_logs')
    .values({
      actor_id: entry.actorId,
      action: entry.action,
      subject_kind: entry.subjectKind ?? null,
      subject_id: entry.subjectId ?? null,
      details: JSON.stringify(entry.details ?? {}),
      request_id: entry.requestId ?? null,
      ip_address: entry.ipAddress ?? null,
    })
    .execute();
}
