import type { z } from 'zod';
import type { EventStatus, EventView, faceNotice } from '#contracts/http/events.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { eventTransitions, isPublicStatus } from './machine.ts';
import type { EventRow, EventWithCover } from './repository.ts';

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** May photos of this event be bought now? */
export function isSalesOpen(
  event: Pick<EventRow, 'status' | 'sales_enabled' | 'sales_start_at' | 'sales_end_at' | 'deleted_at'>,
  now: Date,
): boolean {
  if (!event.sales_enabled || event.deleted_at || !isPublicStatus(event.status)) return false;
  if (event.sales_start_at && event.sales_start_at > now) return false;
  return !event.sales_end_at || event.sales_end_at > now;
}

export interface EventViewContext {
  now: Date;
  photoCount: number;
  isLocked: boolean;
  /** Add what only staff and admins see. */
  withManage: boolean;
}

export function eventView(event: EventWithCover, context: EventViewContext): EventView {
  return {
    id: event.id,
    slug: event.slug,
    name: event.name,
    nameEn: event.name_en,
    description: event.description,
    category: event.category as EventView['category'],
    status: event.status as EventStatus,
    accessMode: event.access_mode as EventView['accessMode'],
    isLocked: context.isLocked,
    faceSearchEnabled: event.face_search_enabled,
    isSalesOpen: isSalesOpen(event, context.now),
    location: event.location,
    venue: event.venue,
    timeZone: event.time_zone,
    startsAt: event.starts_at.toISOString(),
    endsAt: event.ends_at.toISOString(),
    coverUrl: event.shown_cover_id ? photoUrls(event.shown_cover_id).thumbnails.large : null,
    photoCount: context.photoCount,
    revision: event.revision,
    ...(context.withManage && { manage: manageView(event) }),
  };
}

const manageView = (event: EventRow): NonNullable<EventView['manage']> => ({
  revenueType: event.revenue_type as NonNullable<EventView['manage']>['revenueType'],
  hasMinors: event.has_minors,
  autoApprove: event.auto_approve,
  watermarkMode: event.watermark_mode as 'corner' | 'tiled',
  hasAccessCode: event.access_code_hash !== null,
  faceNotice: event.face_notice as z.output<typeof faceNotice> | null,
  salesEnabled: event.sales_enabled,
  salesStartAt: iso(event.sales_start_at),
  salesEndAt: iso(event.sales_end_at),
  retentionDays: event.retention_days,
  organizerId: event.organizer_id,
  coverPhotoId: event.cover_photo_id,
  ownPrices: {
    isAllowed: event.own_prices,
    minSatang: event.own_price_min_satang,
    maxSatang: event.own_price_max_satang,
  },
  nextStatuses: [...eventTransitions[event.status as EventStatus]],
  createdAt: event.created_at.toISOString(),
  updatedAt: event.updated_at.toISOString(),
});
