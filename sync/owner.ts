import { AppError } from '#contracts/errors.ts';
import type { SyncContext } from './collection.ts';

/** The user whose own documents these are; throws auth.required without a session. */
export function ownerOf(context: SyncContext): string {
  if (!context.viewer) throw new AppError('auth.required');
  return context.viewer.userId;
}
