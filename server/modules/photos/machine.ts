import type { PhotoStatus } from '#contracts/http/photos.ts';

/**
 * uploaded: waits for the worker, which makes it pending (or approved where the event says so) or failed.
 * People decide between pending, approved and rejected, and may take it back.
 */
export const photoTransitions: Record<PhotoStatus, readonly PhotoStatus[]> = {
  uploaded: ['pending', 'approved', 'failed'],
  pending: ['approved', 'rejected'],
  approved: ['rejected', 'pending'],
  rejected: ['approved', 'pending'],
  failed: ['uploaded'],
};

export const canMove = (from: PhotoStatus, to: PhotoStatus): boolean => photoTransitions[from].includes(to);

/** What a reviewer may do; the worker's steps are not theirs. */
export const mayReview = (from: PhotoStatus, to: PhotoStatus): boolean =>
  from !== 'uploaded' && from !== 'failed' && canMove(from, to);
