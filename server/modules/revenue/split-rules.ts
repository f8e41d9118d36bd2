import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';

export type RuleScope = 'default' | 'revenue_type' | 'event' | 'event_photographer';
export type RevenueType = 'standard' | 'premium' | 'platform' | 'charity' | 'corporate';
export interface SplitRule {
  id: string;
  scope: RuleScope;
  revenue_type: string | null;
  event_id: string | null;
  photographer_id: string | null;
  platform_bp: number;
  photographer_bp: number;
  organizer_bp: number;
  version: number;
  effective_from: Date;
  effective_to: Date | null;
}
export interface RuleInput {
  scope: RuleScope;
  revenueType?: RevenueType | null | undefined;
  eventId?: string | null | undefined;
  photographerId?: string | null | undefined;
  platformBp: number;
  photographerBp: number;
  organizerBp: number;
}
const columns = [
  'id',
  'scope',
  'revenue_type',
  'event_id',
  'photographer_id',
  'platform_bp',
  'photographer_bp',
  'organizer_bp',
  'version',
  'effective_from',
  'effective_to',
] as const;

export const ruleView = (rule: SplitRule) => ({
  id: rule.id,
  scope: rule.scope,
  revenueType: rule.revenue_type as RevenueType | null,
  eventId: rule.event_id,
  photographerId: rule.photographer_id,
  platformBp: rule.platform_bp,
  photographerBp: rule.photographer_bp,
  organizerBp: rule.organizer_bp,
  version: rule.version,
  effectiveFrom: rule.effective_from.toISOString(),
  effectiveTo: rule.effective_to?.toISOString() ?? null,
});

interface Sold {
  eventId: string;
  photographerId: string;
  revenueType: string;
}
const precedence: RuleScope[] = ['event_photographer', 'event', 'revenue_type', 'default'];
const fits = (rule: SplitRule, sold: Sold): boolean =>
  (rule.event_id === null || rule.event_id === sold.eventId) &&
  (rule.photographer_id === null || rule.photographer_id === sold.photographerId) &&
  (rule.revenue_type === null || rule.revenue_type === sold.revenueType);

/** The rule in force for a photo: photographer in event, then event, then event type, then default. */
export function ruleFor(rules: readonly SplitRule[], sold: Sold): SplitRule {
  for (const scope of precedence) {
    const rule = rules.find((each) => each.scope === scope && fits(each, sold));
    if (rule) return rule;
  }
  throw new Error('there is no default split rule');
}

/** The rules in force now that can matter for these events. */
export async function rulesInForce(db: DbOrTrx, eventIds: readonly string[]): Promise<SplitRule[]> {
  const query = db
    .selectFrom('split_rules')
    .select(columns)
    .where('effective_to', 'is', null)
    .where((eb) =>
      eb.or([eb('event_id', 'is', null), ...(eventIds.length ? [eb('event_id', 'in', [...eventIds])] : [])]),
    );
  return (await query.execute()) as SplitRule[];
}

/** What a scope needs, and nothing it does not. */
function target(input: RuleInput) {
  const isEvent = input.scope === 'event' || input.scope === 'event_photographer';
  const wants = {
    revenue_type: input.scope === 'revenue_type' ? (input.revenueType ?? null) : null,
    event_id: isEvent ? (input.eventId ?? null) : null,
    photographer_id: input.scope === 'event_photographer' ? (input.photographerId ?? null) : null,
  };
  const missing = [
    input.scope === 'revenue_type' && !wants.revenue_type && 'revenueType',
    isEvent && !wants.event_id && 'eventId',
    input.scope === 'event_photographer' && !wants.photographer_id && 'photographerId',
  ].filter((name) => name !== false);
  if (missing.length > 0) {
    const errors = missing.map((name) => ({ path: `body.${name}`, message: `needed for the scope ${input.scope}` }));
    throw new AppError('request.invalid', { errors });
  }
  return wants;
}

export function createSplitRules({ db }: { db: Db }) {
  return {
    async list(filter: { eventId?: string | undefined; history: boolean }) {
      const rows = await db
        .selectFrom('split_rules')
        .select(columns)
        .where((eb) => {
          const all: Expression<SqlBool>[] = [];
          if (filter.eventId) all.push(eb('event_id', '=', filter.eventId));
          if (!filter.history) all.push(eb('effective_to', 'is', null));
          return eb.and(all);
        })
        .orderBy('effective_from', 'desc')
        .orderBy('id')
        .limit(500)
        .execute();
      return (rows as SplitRule[]).map(ruleView);
    },
    /** Ends the rule in force for that target and starts the next version. Orders placed before keep their snapshot. */
    async set(input: RuleInput, actorId: string) {
      if (input.platformBp + input.photographerBp + input.organizerBp !== 10_000)
        throw new AppError('revenue.rule_invalid', {
          sumBp: input.platformBp + input.photographerBp + input.organizerBp,
        });
      const wants = target(input);
      return db.transaction().execute(async (trx) => {
        await sql`select pg_advisory_xact_lock(hashtext('split_rules'))`.execute(trx);
        await requireTarget(trx, wants);
        const before = await trx
          .updateTable('split_rules')
          .set({ effective_to: sql<Date>`greatest(now(), effective_from + interval '1 millisecond')` })
          .where('scope', '=', input.scope)
          .where('effective_to', 'is', null)
          .where(sql<boolean>`revenue_type is not distinct from ${wants.revenue_type}`)
          .where(sql<boolean>`event_id is not distinct from ${wants.event_id}::uuid`)
          .where(sql<boolean>`photographer_id is not distinct from ${wants.photographer_id}::uuid`)
          .returning(['version', 'effective_to'])
          .executeTakeFirst();
        const row = await trx
          .insertInto('split_rules')
          .values({
            scope: input.scope,
            ...wants,
            platform_bp: input.platformBp,
            photographer_bp: input.photographerBp,
            organizer_bp: input.organizerBp,
            version: (before?.version ?? 0) + 1,
            ...(before?.effective_to && { effective_from: before.effective_to }),
            created_by: actorId,
          })
          .returning(columns)
          .executeTakeFirstOrThrow();
        const view = ruleView(row as SplitRule);
        await audit(trx, {
          actorId,
          action: 'split_rule.set',
          subjectKind: 'split_rule',
          subjectId: view.id,
          details: view,
        });
        return view;
      });
    },
  };
}

async function requireTarget(db: DbOrTrx, wants: { event_id: string | null; photographer_id: string | null }) {
  if (wants.event_id) {
    const event = await db.selectFrom('events').select('id').where('id', '=', wants.event_id).executeTakeFirst();
    if (!event) throw new AppError('event.not_found');
  }
  if (wants.photographer_id) {
    const query = db.selectFrom('photographers').select('id').where('id', '=', wants.photographer_id);
    if (!(await query.executeTakeFirst())) throw new AppError('resource.not_found');
  }
}
