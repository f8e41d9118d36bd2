import { AppError, type ErrorCode } from '#contracts/errors.ts';
import * as routes from '#contracts/http/uploads.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { UploadsService } from './service.ts';

export function uploadsRoutes({ uploads }: { uploads: UploadsService }): BoundRoute[] {
  return [
    bind(routes.uploadPhoto, async ({ body, files, viewer }) => {
      const results = await uploads.receiveFiles(body.eventId, files, viewer);
      const { status, photoId, fileName, code } = results[0]!;
      if (status === 'failed' || !photoId) throw new AppError((code ?? 'upload.damaged') as ErrorCode, { results });
      return { status: status === 'created' ? 201 : 200, body: { photoId, status, fileName, results } };
    }),
    bind(routes.batchUpload, async ({ body, files, viewer }) => {
      const results = await uploads.receiveFiles(body.eventId, files, viewer);
      if (results.every((result) => result.status === 'failed')) {
        throw new AppError((results[0]!.code ?? 'upload.damaged') as ErrorCode, { results });
      }
      const anyNew = results.some((result) => result.status === 'created');
      return { status: anyNew ? 201 : 200, body: { results } };
    }),
    bind(routes.listUploads, async ({ query, viewer }) => ({ status: 200, body: await uploads.list(viewer, query) })),
    bind(routes.checkUploads, async ({ body, viewer }) => ({
      status: 200,
      body: { known: await uploads.known(body.eventId, body.sha256, viewer) },
    })),
  ];
}
