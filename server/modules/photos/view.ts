import type { PhotoStatus, PhotoView } from '#contracts/http/photos.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import type { ShownPhoto } from './repository.ts';
import { thumbHashText } from './wall.ts';

/** `manage`: what only its photographer, staff and admins see. */
export function photoView(photo: ShownPhoto, manage?: { reviewReason: string | null }): PhotoView {
  return {
    id: photo.id,
    eventId: photo.event_id,
    status: photo.status as PhotoStatus,
    width: photo.width,
    height: photo.height,
    takenAt: photo.taken_at?.toISOString() ?? null,
    createdAt: photo.created_at.toISOString(),
    ...photoUrls(photo.id),
    placeholderColor: photo.placeholder_color,
    thumbHash: thumbHashText(photo.thumb_hash),
    focus: photo.focus_x === null || photo.focus_y === null ? null : { x: photo.focus_x, y: photo.focus_y },
    photographer: { id: photo.photographer_id, displayName: photo.photographer_name },
    priceSatang: photo.price_satang,
    bibs: photo.bibs,
    revision: photo.revision,
    ...(manage && {
      manage: {
        fileName: photo.file_name,
        bytes: photo.bytes,
        contentType: photo.content_type,
        faceCount: photo.face_count,
        failureCode: photo.failure_code,
        reviewReason: manage.reviewReason,
      },
    }),
  };
}
