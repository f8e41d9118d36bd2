import * as api from '#contracts/http/packages.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { PackagesService } from './service.ts';

const page = <T>(items: T[]) => ({ status: 200 as const, body: { items, nextCursor: null } });
const seesAll = (viewer: Viewer | null, all: string | undefined) => viewer?.role === 'admin' && all === 'true';

export function packagesRoutes({ packages }: { packages: PackagesService }): BoundRoute[] {
  return [
    bind(api.listPackages, async ({ viewer, query }) => page(await packages.list(seesAll(viewer, query.all)))),
    bind(api.createPackage, async ({ body }) => ({ status: 201, body: await packages.create(body) })),
    bind(api.updatePackage, async ({ params, body }) => ({
      status: 200,
      body: await packages.update(params.id, body),
    })),
    bind(api.deletePackage, async ({ params }) => {
      await packages.remove(params.id);
      return { status: 204, body: null };
    }),
    bind(api.listEventPackages, async ({ params, query, viewer }) =>
      page(await packages.listForEvent(params.id, viewer, seesAll(viewer, query.all))),
    ),
    bind(api.setEventPackage, async ({ params, body, viewer }) => ({
      status: 201,
      body: await packages.setForEvent(params.id, viewer, body),
    })),
  ];
}
