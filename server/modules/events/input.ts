import { AppError } from '#contracts/errors.ts';
import type { EventChange } from '#contracts/http/events.ts';
import type { createEventAccess } from './access.ts';
import type { EventRow } from './repository.ts';
import { dayOf, endOfDay, isTimeZone, startOfDay } from './times.ts';

export const invalid = (path: string, message: string): AppError =>
  new AppError('request.invalid', { errors: [{ path: `body.${path}`, message }] });

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);

/** Start and end out of what was said and what is there. Throws request.invalid. */
function readTimes(input: EventChange, before: EventRow | undefined) {
  const timeZone = input.timeZone ?? before?.time_zone ?? 'Asia/Bangkok';
  if (!isTimeZone(timeZone)) throw invalid('timeZone', 'no such time zone');
  const start = input.startsAt ?? input.date;
  if (start === undefined && !before) throw invalid('startsAt', 'say when it starts (or `date`)');
  const startsAt =
    start === undefined ? before!.starts_at : isDay(start) ? startOfDay(start, timeZone) : new Date(start);
  const end = input.endsAt ?? input.date;
  const startMoved = start !== undefined && before !== undefined;
  const endsAt =
    end !== undefined
      ? isDay(end)
        ? endOfDay(end, timeZone)
        : new Date(end)
      : startMoved
        ? new Date(startsAt.getTime() + (before.ends_at.getTime() - before.starts_at.getTime()))
        : (before?.ends_at ?? endOfDay(dayOf(startsAt, timeZone), timeZone));
  if (endsAt < startsAt) throw invalid('endsAt', 'must not be before the start');
  return { time_zone: timeZone, starts_at: startsAt, ends_at: endsAt };
}

/** Face search needs the organiser's attestation, and stays off where children are expected. */
function readFaceSearch(input: EventChange, before: EventRow | undefined, now: Date) {
  const hasMinors = input.hasMinors ?? before?.has_minors ?? false;
  const notice =
    input.faceNotice === undefined
      ? before?.face_notice
      : input.faceNotice && { ...input.faceNotice, attestedAt: now.toISOString() };
  const wanted = input.faceSearchEnabled ?? before?.face_search_enabled ?? false;
  if (input.faceSearchEnabled && !notice) throw invalid('faceNotice', 'face search needs the organiser’s attestation');
  if (input.faceSearchEnabled && hasMinors) throw invalid('faceSearchEnabled', 'stays off where minors are expected');
  return {
    has_minors: hasMinors,
    face_notice: notice ? JSON.stringify(notice) : null,
    face_search_enabled: wanted && !hasMinors && !!notice,
  };
}

function readAccess(input: EventChange, before: EventRow | undefined, access: ReturnType<typeof createEventAccess>) {
  const mode = input.accessMode ?? before?.access_mode ?? 'open';
  const codeHash =
    input.accessCode === undefined
      ? (before?.access_code_hash ?? null)
      : input.accessCode === null
        ? null
        : access.hash(input.accessCode);
  if (mode === 'code' && !codeHash) throw invalid('accessCode', 'the mode `code` needs one');
  return { access_mode: mode, access_code_hash: codeHash };
}

const optional = <T>(value: T | undefined, write: (value: T) => object): object =>
  value === undefined ? {} : write(value);
const at = (text: string | null) => (text === null ? null : new Date(text));

/** Columns for a new event (`before` undefined) or a change. `name` and `slug` are the caller's. */
export function readEventInput(
  input: EventChange,
  before: EventRow | undefined,
  access: ReturnType<typeof createEventAccess>,
  now: Date,
) {
  return {
    ...readTimes(input, before),
    ...readFaceSearch(input, before, now),
    ...readAccess(input, before, access),
    ...optional(input.nameEn, (v) => ({ name_en: v })),
    ...optional(input.description, (v) => ({ description: v })),
    ...optional(input.category, (v) => ({ category: v })),
    ...optional(input.revenueType, (v) => ({ revenue_type: v })),
    ...optional(input.autoApprove, (v) => ({ auto_approve: v })),
    ...optional(input.watermarkMode, (v) => ({ watermark_mode: v })),
    ...optional(input.location, (v) => ({ location: v })),
    ...optional(input.venue, (v) => ({ venue: v })),
    ...optional(input.salesEnabled, (v) => ({ sales_enabled: v })),
    ...optional(input.salesStartAt, (v) => ({ sales_start_at: at(v) })),
    ...optional(input.salesEndAt, (v) => ({ sales_end_at: at(v) })),
    ...optional(input.retentionDays, (v) => ({ retention_days: v })),
    ...optional(input.organizerId, (v) => ({ organizer_id: v })),
    ...optional(input.coverPhotoId, (v) => ({ cover_photo_id: v })),
    ...optional(input.ownPrices, (v) => ({
      own_prices: v.isAllowed,
      own_price_min_satang: v.minSatang,
      own_price_max_satang: v.maxSatang,
    })),
  };
}
