import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import {
  type PhotographerProfile,
  PORTFOLIO_PHOTOS,
  type photographerProfileChange,
  type publicPhotographer,
} from '#contracts/http/photographers.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { type Db, type DbOrTrx, isUniqueViolation } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { anotherSlug, type EventsService, slugFrom } from '../events/service.ts';
import type { PhotosService } from '../photos/service.ts';
import type { PhotographerRow } from './repository.ts';
import * as repository from './repository.ts';

export type PhotographersService = ReturnType<typeof createPhotographersService>;

const profileView = (row: PhotographerRow): PhotographerProfile => ({
  id: row.id,
  slug: row.slug,
  displayName: row.display_name,
  bio: row.bio,
  portfolioUrl: row.portfolio_url,
  isPublic: row.is_public,
  taxId: row.tax_id,
  isJuristic: row.is_juristic,
});

/**
 * The photographer row of a user, made when it is not there yet; safe in parallel. Answers the photographer's id.
 * Part of no service object, so that the users module can call it without the others.
 */
export async function ensurePhotographer(db: DbOrTrx, userId: string): Promise<string> {
  const existing = await repository.findByUser(db, userId);
  if (existing) return existing.id;
  const user = await db.selectFrom('users').select('name').where('id', '=', userId).executeTakeFirst();
  if (!user) throw new AppError('resource.not_found');
  let slug = slugFrom(user.name, 'photographer', 50);
  for (;;) {
    const made = await db
      .insertInto('photographers')
      .values({ user_id: userId, display_name: user.name.trim() || 'Photographer', slug })
      .onConflict((c) => c.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (made) return made.id;
    const other = await repository.findByUser(db, userId);
    if (other) return other.id;
    slug = anotherSlug(slug);
  }
}

export function createPhotographersService(deps: { db: Db; events: EventsService; photos: PhotosService }) {
  const { db, events, photos } = deps;
  return {
    ensure: ensurePhotographer,

    async profile(viewer: Viewer): Promise<PhotographerProfile> {
      await ensurePhotographer(db, viewer.userId);
      return profileView((await repository.findByUser(db, viewer.userId))!);
    },

    /** Throws resource.conflict when the slug is somebody else's. */
    async updateProfile(viewer: Viewer, input: z.output<typeof photographerProfileChange>) {
      const id = await ensurePhotographer(db, viewer.userId);
      try {
        const row = await db
          .updateTable('photographers')
          .set({
            updated_at: new Date(),
            ...(input.displayName !== undefined && { display_name: input.displayName }),
            ...(input.slug !== undefined && { slug: input.slug }),
            ...(input.bio !== undefined && { bio: input.bio }),
            ...(input.portfolioUrl !== undefined && { portfolio_url: input.portfolioUrl }),
            ...(input.isPublic !== undefined && { is_public: input.isPublic }),
            ...(input.taxId !== undefined && { tax_id: input.taxId }),
            ...(input.isJuristic !== undefined && { is_juristic: input.isJuristic }),
          })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow();
        return profileView(row);
      } catch (error) {
        if (isUniqueViolation(error)) throw new AppError('resource.conflict', { field: 'slug' }, { cause: error });
        throw error;
      }
    },

    /** Throws resource.not_found for one who is not public. */
    async portfolio(slug: string): Promise<z.input<typeof publicPhotographer>> {
      const row = await repository.findPublic(db, slug);
      if (!row) throw new AppError('resource.not_found');
      const chosen = await repository.chosenIds(db, row.id);
      const ids =
        chosen.length > 0
          ? chosen
          : (await repository.latestShowable(db, row.id, undefined, PORTFOLIO_PHOTOS)).map(({ id }) => id);
      const worked = await events.list({ limit: 30 }, null, [], row.user_id);
      return {
        id: row.id,
        slug: row.slug,
        displayName: row.display_name,
        bio: row.bio,
        portfolioUrl: row.portfolio_url,
        photos: await photos.viewsOf(ids),
        events: worked.items.filter((event) => event.accessMode === 'open' && events.isPublicStatus(event.status)),
      };
    },

    /** What the viewer chose for the own page, as far as it may be shown. */
    async choice(viewer: Viewer) {
      const id = await ensurePhotographer(db, viewer.userId);
      return { items: await photos.viewsOf(await repository.chosenIds(db, id)) };
    },
    /** Throws photo.not_found for a photo that is not the viewer's or may not be shown to everybody. */
    async choose(viewer: Viewer, photoIds: readonly string[]) {
      const id = await ensurePhotographer(db, viewer.userId);
      await db.transaction().execute(async (trx) => {
        const showable = await repository.showableOf(trx, id, photoIds);
        if (photoIds.some((photoId) => !showable.has(photoId))) throw new AppError('photo.not_found');
        await repository.choose(trx, id, photoIds);
      });
      return { items: await photos.viewsOf(photoIds) };
    },
    async candidates(viewer: Viewer, query: { cursor?: string | undefined; limit: number }) {
      const id = await ensurePhotographer(db, viewer.userId);
      const rows = await repository.latestShowable(db, id, decodeCursor(query.cursor), query.limit + 1);
      const page = toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row) => row.id,
      );
      return { items: await photos.viewsOf(page.items), nextCursor: page.nextCursor };
    },

    async summary(viewer: Viewer, eventId: string | undefined) {
      const id = await ensurePhotographer(db, viewer.userId);
      const { byStatus, sold } = await repository.countPhotos(db, id, eventId);
      const count = (status: string) => byStatus.get(status) ?? 0;
      return {
        uploaded: [...byStatus.values()].reduce((a, b) => a + b, 0),
        processing: count('uploaded'),
        pending: count('pending'),
        approved: count('approved'),
        rejected: count('rejected'),
        failed: count('failed'),
        sold,
      };
    },

    assignedEvents: (viewer: Viewer, query: { cursor?: string | undefined; limit: number }) =>
      events.list(query, viewer, [], viewer.userId),
  };
}
