import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { engineView, eventEngineState, eventEngineView } from '#contracts/http/face-engines.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { type FaceSpaceSwitch, switchSpace } from '#server/platform/face-space.ts';
import type { Storage } from '#server/platform/storage.ts';
import { type KnownEngine, type KnownEngines, readEngines } from './catalogue.ts';
import * as repository from './repository.ts';

export type FaceEngines = ReturnType<typeof createFaceEnginesService>;
type EngineView = z.input<typeof engineView>;
type EventEngine = z.input<typeof eventEngineView>;
type State = z.input<typeof eventEngineState>;

export interface FaceEnginesDeps {
  db: Db;
  storage: Pick<Storage, 'getStream' | 'stat'>;
  events: {
    requireVisible(
      db: DbOrTrx,
      idOrSlug: string,
      viewer: Viewer | null,
      given?: readonly string[],
    ): Promise<{ id: string; face_engine: string }>;
  };
}

/** Descriptor spaces: which there are, which the operator switched on, and how an event goes from one to another. */
export function createFaceEnginesService({ db, storage, events }: FaceEnginesDeps) {
  async function views(engines: KnownEngines): Promise<EngineView[]> {
    const counts = await repository.countEvents(db);
    return engines.all.map((engine) => viewOf(engine, engines, counts.get(engine.manifest.id)?.current ?? 0));
  }
  const viewOne = async (id: string) => (await views(await readEngines(db))).find((view) => view.id === id)!;

  function requireEngine(engines: KnownEngines, id: string): KnownEngine {
    const engine = engines.find(id);
    if (!engine) throw new AppError('face.engine_unknown');
    return engine;
  }

  async function stateOf(eventId: string): Promise<State> {
    const event = await repository.findEvent(db, eventId);
    if (!event) throw new AppError('event.not_found');
    const change = await repository.findChange(db, eventId);
    const [searches, counts, failed] = await Promise.all([
      repository.openSearches(db, eventId),
      change ? repository.countDescribed(db, eventId, change.to_engine) : { photos: 0, described: 0 },
      change ? repository.listFailures(db, change.id) : [],
    ]);
    return {
      eventId,
      engine: event.engine,
      openSearches: searches.flatMap(({ engine, count }) => (engine ? [{ engine, count }] : [])),
      change: change
        ? {
            id: change.id,
            eventId,
            from: change.from_engine,
            to: change.to_engine,
            status: change.status as 'running' | 'switched' | 'cancelled',
            ...(change.status === 'switched' ? { photos: change.photos, described: change.photos } : counts),
            failed,
            createdAt: change.created_at.toISOString(),
            finishedAt: change.finished_at?.toISOString() ?? null,
          }
        : null,
    };
  }
  const inChange = <T>(eventId: string, work: (trx: Trx, change: repository.ChangeRow) => Promise<T>) =>
    db.transaction().execute(async (trx) => {
      const event = await repository.lockEvent(trx, eventId);
      if (!event) throw new AppError('event.not_found');
      const change = await repository.findChange(trx, eventId);
      if (change?.status !== 'running') throw new AppError('resource.conflict');
      return work(trx, change);
    });

  return {
    list: async (): Promise<EngineView[]> => views(await readEngines(db)),
    /** The space that new events are described in. */
    defaultEngine: async (at: DbOrTrx = db): Promise<string> => (await readEngines(at)).default,
    stateOf,

    /** What a device needs to describe a face for this event. Throws event.not_found, event.access_code_required. */
    async ofEvent(idOrSlug: string, viewer: Viewer | null, given: readonly string[]): Promise<EventEngine> {
      const event = await events.requireVisible(db, idOrSlug, viewer, given);
      const { catalogue } = await readEngines(db);
      const manifest = catalogue.get(event.face_engine);
      return {
        eventId: event.id,
        engine: manifest.id,
        manifest,
        networks: catalogue.networksOf(manifest.id).map((network) => ({
          id: network.id,
          manifest: network,
          url: network.format === 'faceapi' ? null : `/api/face/models/${network.file.sha256}`,
          bytes: network.file.bytes,
          sha256: network.file.sha256,
        })),
      };
    },

    /** A model file of a space that is switched on. Throws resource.not_found. */
    async model(sha256: string): Promise<{ bytes: number; open: () => Promise<Readable> }> {
      const { all, catalogue } = await readEngines(db);
      const isOffered = all.some(
        ({ manifest, isEnabled }) =>
          isEnabled && catalogue.networksOf(manifest.id).some(({ file }) => file.sha256 === sha256),
      );
      const key = repository.modelKey(sha256);
      const found = isOffered ? await storage.stat(key) : undefined;
      if (!found) throw new AppError('resource.not_found');
      return { bytes: found.bytes, open: () => storage.getStream(key) };
    },

    /** Throws face.engine_unknown, and resource.conflict when another text was read than stands now. */
    async accept(actor: Viewer, id: string, noticeHash: string): Promise<EngineView> {
      await db.transaction().execute(async (trx) => {
        const engine = requireEngine(await readEngines(trx), id);
        if (engine.noticeHash !== noticeHash)
          throw new AppError('resource.conflict', { noticeHash: engine.noticeHash });
        if (engine.accepted) return;
        await repository.saveAcceptance(trx, id, { noticeHash, userId: actor.userId });
        const { source, licence, notice } = engine.manifest;
        await audit(trx, {
          actorId: actor.userId,
          action: 'engine.accept',
          subjectKind: 'face_engine',
          subjectId: id,
          details: { noticeHash, source, licence, notice },
        });
      });
      return viewOne(id);
    },

    /** Throws face.engine_unknown, face.engine_in_use. */
    async withdraw(actor: Viewer, id: string): Promise<EngineView> {
      await db.transaction().execute(async (trx) => {
        const engines = await readEngines(trx);
        const engine = requireEngine(engines, id);
        if (!engine.accepted) return;
        const used = (await repository.countEvents(trx)).get(id);
        if (used && used.current + used.coming > 0) throw new AppError('face.engine_in_use');
        await repository.saveAcceptance(trx, id, null);
        await audit(trx, {
          actorId: actor.userId,
          action: 'engine.withdraw',
          subjectKind: 'face_engine',
          subjectId: id,
        });
      });
      return viewOne(id);
    },

    /** Throws face.engine_unknown, face.engine_disabled. */
    async setDefault(actor: Viewer, id: string): Promise<EngineView> {
      await db.transaction().execute(async (trx) => {
        const engines = await readEngines(trx);
        if (!requireEngine(engines, id).isEnabled) throw new AppError('face.engine_disabled');
        if (engines.default === id) return;
        await repository.saveDefault(trx, id);
        await audit(trx, {
          actorId: actor.userId,
          action: 'engine.default',
          subjectKind: 'face_engine',
          subjectId: id,
          details: { before: engines.default },
        });
      });
      return viewOne(id);
    },

    /**
     * Begins to describe an event in another space; a photo that arrives meanwhile is described in both. Throws event.not_found,
     * face.engine_unknown, face.engine_disabled, face.engine_changing, and resource.conflict when it is there already.
     */
    async change(actor: Viewer, eventId: string, to: string): Promise<State> {
      await db.transaction().execute(async (trx) => {
        const event = await repository.lockEvent(trx, eventId);
        if (!event) throw new AppError('event.not_found');
        const engine = requireEngine(await readEngines(trx), to);
        if (!engine.isEnabled) throw new AppError('face.engine_disabled');
        if (event.engine === to) throw new AppError('resource.conflict');
        if ((await repository.findChange(trx, eventId))?.status === 'running')
          throw new AppError('face.engine_changing');
        const { photos } = await repository.countDescribed(trx, eventId, to);
        const { id } = await trx
          .insertInto('face_engine_changes')
          .values({ event_id: eventId, from_engine: event.engine, to_engine: to, photos, requested_by: actor.userId })
          .returning('id')
          .executeTakeFirstOrThrow();
        await audit(trx, {
          actorId: actor.userId,
          action: 'faces.engine_change',
          subjectKind: 'event',
          subjectId: eventId,
          details: { from: event.engine, to, photos },
        });
        // Described already in a change that was cancelled, or nothing to describe: switches at once.
        if ((await repository.enqueuePhotos(trx, eventId, to, id)) === 0) await switchSpace(trx, eventId);
      });
      return stateOf(eventId);
    },

    /** Throws event.not_found, and resource.conflict when no change runs. What is described already stays for a next try. */
    async cancel(actor: Viewer, eventId: string): Promise<State> {
      await inChange(eventId, async (trx, change) => {
        await trx
          .updateTable('face_engine_changes')
          .set({ status: 'cancelled', finished_at: new Date() })
          .where('id', '=', change.id)
          .execute();
        await audit(trx, {
          actorId: actor.userId,
          action: 'faces.engine_cancel',
          subjectKind: 'event',
          subjectId: eventId,
          details: { from: change.from_engine, to: change.to_engine },
        });
      });
      return stateOf(eventId);
    },

    /** Another round for the photos that are left. Throws as `cancel`. */
    async retry(actor: Viewer, eventId: string): Promise<State> {
      await inChange(eventId, async (trx, change) => {
        await trx.deleteFrom('face_engine_failures').where('change_id', '=', change.id).execute();
        await trx
          .updateTable('photos')
          .set({ index_attempts: 0 })
          .where('event_id', '=', eventId)
          .where('index_attempts', '>', 0)
          .execute();
        await repository.enqueuePhotos(trx, eventId, change.to_engine, randomUUID());
        await audit(trx, {
          actorId: actor.userId,
          action: 'faces.engine_retry',
          subjectKind: 'event',
          subjectId: eventId,
        });
      });
      return stateOf(eventId);
    },

    /** Switches though photos failed: their faces are not found until they are described. Throws as `cancel`. */
    async switchNow(actor: Viewer, eventId: string): Promise<State> {
      await inChange(eventId, async (trx) => {
        const done: FaceSpaceSwitch = await switchSpace(trx, eventId, { withoutFailed: true, actorId: actor.userId });
        if (done !== 'switched') throw new AppError('resource.conflict');
      });
      return stateOf(eventId);
    },
  };
}

function viewOf(engine: KnownEngine, { catalogue }: KnownEngines, eventCount: number): EngineView {
  const { manifest } = engine;
  return {
    id: manifest.id,
    title: manifest.title,
    kind: manifest.kind,
    length: manifest.length,
    source: manifest.source,
    licence: manifest.licence,
    originDocumented: manifest.originDocumented,
    notice: manifest.notice,
    noticeHash: engine.noticeHash,
    files: catalogue
      .networksOf(manifest.id)
      .map(({ file }) => ({ name: file.path.split('/').at(-1)!, bytes: file.bytes, sha256: file.sha256 })),
    isInstalled: engine.isInstalled,
    isEnabled: engine.isEnabled,
    isDefault: engine.isDefault,
    accepted: engine.accepted && { at: engine.accepted.at.toISOString(), by: engine.accepted.by },
    events: eventCount,
  };
}
