import { pipeline } from 'node:stream/promises';
import * as contract from '#contracts/http/face-engines.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import { eventAccessOf } from '../events/service.ts';
import type { FaceEngines } from './service.ts';

const forEver = 'public, max-age=31536000, immutable';

export function faceEnginesRoutes({ faceEngines }: { faceEngines: FaceEngines }): BoundRoute[] {
  return [
    bind(contract.readEventEngine, async ({ viewer, query, req, res }) => {
      const body = await faceEngines.ofEvent(query.eventId, viewer, eventAccessOf(req));
      res.setHeader('Cache-Control', 'private, max-age=15');
      return { status: 200, body };
    }),
    bind(contract.readModelFile, async ({ params, req, res }) => {
      const { bytes, open } = await faceEngines.model(params.sha256);
      res.setHeader('Cache-Control', forEver);
      res.setHeader('ETag', `"${params.sha256}"`);
      res.type('application/octet-stream');
      if (req.fresh) {
        res.status(304).end();
        return 'sent';
      }
      res.setHeader('Content-Length', bytes);
      if (req.method === 'HEAD') {
        res.end();
        return 'sent';
      }
      try {
        await pipeline(await open(), res);
      } catch (error) {
        // The phone lost its signal; it asks again.
        if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      }
      return 'sent';
    }),
    bind(contract.listEngines, async () => ({ status: 200, body: { items: await faceEngines.list() } })),
    bind(contract.acceptEngine, async ({ viewer, params, body }) => ({
      status: 200,
      body: await faceEngines.accept(viewer, params.engine, body.noticeHash),
    })),
    bind(contract.withdrawEngine, async ({ viewer, params }) => ({
      status: 200,
      body: await faceEngines.withdraw(viewer, params.engine),
    })),
    bind(contract.setDefaultEngine, async ({ viewer, body }) => ({
      status: 200,
      body: await faceEngines.setDefault(viewer, body.engine),
    })),
    bind(contract.readEngineState, async ({ params }) => ({
      status: 200,
      body: await faceEngines.stateOf(params.id),
    })),
    bind(contract.changeEngine, async ({ viewer, params, body }) => ({
      status: 202,
      body: await faceEngines.change(viewer, params.id, body.engine),
    })),
    bind(contract.controlEngineChange, async ({ viewer, params }) => {
      const act = { cancel: faceEngines.cancel, retry: faceEngines.retry, switch: faceEngines.switchNow };
      return { status: 200, body: await act[params.action](viewer, params.id) };
    }),
  ];
}
