import * as routes from '#contracts/http/favorites.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import { eventAccessOf } from '../events/service.ts';
import type { FavoritesService } from './service.ts';

export function favoritesRoutes({ favorites }: { favorites: FavoritesService }): BoundRoute[] {
  return [
    bind(routes.listFavorites, async ({ viewer, query }) => ({
      status: 200,
      body: await favorites.list(viewer, query),
    })),
    bind(routes.addFavorite, async ({ viewer, params, req }) => {
      await favorites.add(viewer, params.photoId, eventAccessOf(req));
      return { status: 204, body: null };
    }),
    bind(routes.removeFavorite, async ({ viewer, params }) => {
      await favorites.remove(viewer, params.photoId);
      return { status: 204, body: null };
    }),
  ];
}
