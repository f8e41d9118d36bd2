import * as routes from '#contracts/http/photographers.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { PhotographersService } from './service.ts';

export function photographersRoutes({ photographers }: { photographers: PhotographersService }): BoundRoute[] {
  return [
    bind(routes.getPhotographer, async ({ params, res }) => {
      const body = await photographers.portfolio(params.slug);
      res.setHeader('Cache-Control', 'public, max-age=60');
      return { status: 200, body };
    }),
    bind(routes.getPhotographerProfile, async ({ viewer }) => ({
      status: 200,
      body: await photographers.profile(viewer),
    })),
    bind(routes.updatePhotographerProfile, async ({ viewer, body }) => ({
      status: 200,
      body: await photographers.updateProfile(viewer, body),
    })),
    bind(routes.getPortfolioChoice, async ({ viewer }) => ({ status: 200, body: await photographers.choice(viewer) })),
    bind(routes.setPortfolioChoice, async ({ viewer, body }) => ({
      status: 200,
      body: await photographers.choose(viewer, body.photoIds),
    })),
    bind(routes.listPortfolioCandidates, async ({ viewer, query }) => ({
      status: 200,
      body: await photographers.candidates(viewer, query),
    })),
    bind(routes.getPhotographerPhotos, async ({ viewer, query }) => ({
      status: 200,
      body: await photographers.summary(viewer, query.eventId),
    })),
    bind(routes.listPhotographerEvents, async ({ viewer, query }) => ({
      status: 200,
      body: await photographers.assignedEvents(viewer, query),
    })),
  ];
}
