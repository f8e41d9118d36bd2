import * as routes from '#contracts/http/events.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import { accessCookie, type EventsService, eventAccessOf } from './service.ts';

const shortCache = 'public, max-age=15, stale-while-revalidate=60';

export function eventsRoutes({ events, isSecure }: { events: EventsService; isSecure: boolean }): BoundRoute[] {
  return [
    bind(routes.listEvents, async ({ query, viewer, req, res }) => {
      const body = await events.list(query, viewer, eventAccessOf(req));
      res.setHeader('Cache-Control', viewer ? 'private, no-cache' : shortCache);
      res.vary('Cookie');
      res.vary('Authorization');
      return { status: 200, body };
    }),
    bind(routes.getEvent, async ({ params, viewer, req, res }) => {
      const body = await events.get(params.id, viewer, eventAccessOf(req));
      res.setHeader('Cache-Control', viewer || body.accessMode === 'code' ? 'private, no-cache' : shortCache);
      res.vary('Cookie');
      res.vary('Authorization');
      return { status: 200, body };
    }),
    bind(routes.createEvent, async ({ body, viewer }) => ({ status: 201, body: await events.create(body, viewer) })),
    bind(routes.updateEvent, async ({ params, body, viewer }) => ({
      status: 200,
      body: await events.update(params.id, body, viewer),
    })),
    bind(routes.deleteEvent, async ({ params, viewer }) => {
      await events.remove(params.id, viewer);
      return { status: 204, body: null };
    }),
    bind(routes.setEventStatus, async ({ params, body, viewer }) => ({
      status: 200,
      body: await events.setStatus(params.id, body.status, body.reason, viewer),
    })),
    bind(routes.getEventStatistics, async ({ params, viewer }) => ({
      status: 200,
      body: await events.statistics(params.id, viewer),
    })),
    bind(routes.announceEvent, async ({ params, body, viewer }) => ({
      status: 202,
      body: await events.announce(params.id, body, viewer),
    })),
    bind(routes.listAnnouncements, async ({ params, viewer, req }) => {
      const items = await events.announcementsOnPage(params.id, viewer, eventAccessOf(req));
      return { status: 200, body: { items } };
    }),
    bind(routes.adminListAnnouncements, async ({ params, viewer }) => ({
      status: 200,
      body: { items: await events.allAnnouncements(params.id, viewer) },
    })),
    bind(routes.adminShowAnnouncement, async ({ params, body, viewer }) => ({
      status: 200,
      body: await events.showAnnouncement(params.id, body.onPage, viewer),
    })),
    bind(routes.getEventStaff, async ({ params }) => ({
      status: 200,
      body: { items: await events.listStaff(params.id) },
    })),
    bind(routes.setEventStaff, async ({ params, body, viewer }) => ({
      status: 200,
      body: { items: await events.setStaff(params.id, body.staff, viewer) },
    })),
    bind(routes.unlockEvent, async ({ params, body, viewer, res }) => {
      const { eventId, token, expiresAt } = await events.unlock(params.id, body.code, viewer);
      const cookie = accessCookie(eventId);
      res.cookie(cookie.name, token, { ...cookie.options, secure: isSecure });
      return { status: 200, body: { token, expiresAt: expiresAt.toISOString() } };
    }),
  ];
}
