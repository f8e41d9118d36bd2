import * as definitions from '#contracts/http/face.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import { eventAccessOf } from '../events/service.ts';
import type { FaceGroupsService } from './groups.service.ts';
import type { FaceSearchService } from './service.ts';

export function faceSearchesRoutes(deps: {
  faceSearches: FaceSearchService;
  faceGroups: FaceGroupsService;
}): BoundRoute[] {
  const { faceSearches, faceGroups } = deps;
  return [
    bind(definitions.startSearch, async ({ viewer, body, files, req, requestKey }) => ({
      status: 202,
      body: await faceSearches.start(viewer, body, files[0], eventAccessOf(req), requestKey ?? null),
    })),
    bind(definitions.listSearches, async ({ viewer, query }) => ({
      status: 200,
      body: await faceSearches.list(viewer, query),
    })),
    bind(definitions.readSearchStatus, async ({ viewer, params }) => ({
      status: 200,
      body: await faceSearches.status(viewer, params.id),
    })),
    bind(definitions.readSearchResults, async ({ viewer, params, query }) => ({
      status: 200,
      body: await faceSearches.results(viewer, params.id, query),
    })),
    bind(definitions.deleteSearch, async ({ viewer, params }) => {
      await faceSearches.forget(viewer, params.id);
      return { status: 204, body: null };
    }),
    bind(definitions.giveFeedback, async ({ viewer, body, req }) => ({
      status: 200,
      body: await faceSearches.giveFeedback(viewer, body, eventAccessOf(req)),
    })),
    bind(definitions.listPhotoFaces, async ({ params }) => ({
      status: 200,
      body: await faceGroups.facesOf(params.id),
    })),
    bind(definitions.groupFaces, async ({ viewer, body }) => ({
      status: 202,
      body: await faceGroups.start(viewer.userId, body.eventId),
    })),
    bind(definitions.listFaceGroups, async ({ query }) => ({ status: 200, body: await faceGroups.list(query) })),
    bind(definitions.listGroupFaces, async ({ params, query }) => ({
      status: 200,
      body: await faceGroups.members(params.id, query.limit),
    })),
    bind(definitions.labelFaceGroup, async ({ viewer, params, body }) => ({
      status: 200,
      body: await faceGroups.label(viewer.userId, params.id, body.label),
    })),
    bind(definitions.undoFaceGroups, async ({ viewer, body }) => ({
      status: 200,
      body: { undone: await faceGroups.undo(viewer.userId, body.eventId, body.actionId) },
    })),
    bind(definitions.mergeFaceGroups, async ({ viewer, params, body }) => ({
      status: 200,
      body: await faceGroups.merge(viewer.userId, params.id, body.groupIds),
    })),
    bind(definitions.splitFaceGroup, async ({ viewer, params, body }) => ({
      status: 201,
      body: await faceGroups.split(viewer.userId, params.id, body.faceIds),
    })),
  ];
}
