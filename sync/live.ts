import type { Request, Response } from 'express';
import { AppError } from '#contracts/errors.ts';
import { followed } from '#contracts/sync/documents.ts';
import type { LiveStream, LiveStreams } from '#server/http/live-streams.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { eventAccessOf } from '#server/modules/events/service.ts';
import { type AnyCollection, versionOf } from './collection.ts';
import type { Feeds, Following } from './feeds.ts';

const maxFollowed = 8;
/** notices, or collection@version with the event of a collection that is per event. */
const form = /^(?:(notices)|([a-z_]{1,30})@(\d{1,4})(?::([\w-]{1,80}))?)$/;

interface Wish {
  of: string;
  isNotices: boolean;
  collection: string;
  version: number;
  eventId: string | undefined;
}

/** What `follow` asks for, each once; throws request.invalid. */
export function readWishes(text: string): Wish[] {
  const parts = [...new Set(text.split(',').filter((part) => part !== ''))];
  const wishes = parts.map((of) => {
    const [, notices, collection = '', version = '0', eventId] = form.exec(of) ?? [];
    return { of, isNotices: notices !== undefined, collection, version: Number(version), eventId };
  });
  const isReadable = wishes.every(
    (wish) => wish.isNotices || followed(wish.collection, wish.version, wish.eventId) === wish.of,
  );
  if (wishes.length === 0 || wishes.length > maxFollowed || !isReadable) {
    const message = `1 to ${maxFollowed} of notices, collection@version or collection@version:event`;
    throw new AppError('request.invalid', { errors: [{ path: 'query.follow', message }] });
  }
  return wishes;
}

/** GET /api/live: all that one page follows in one stream; see contracts/sync/documents.ts. */
export function createLive(deps: {
  streams: LiveStreams;
  feeds: Feeds;
  collections: ReadonlyMap<string, AnyCollection>;
  /** This stream hears what the person is told. */
  attachNotices: (userId: string, stream: LiveStream) => void;
}) {
  async function followingOf(wish: Wish, req: Request, viewer: Viewer | null): Promise<Following> {
    const collection = deps.collections.get(wish.collection);
    if (!collection) throw new AppError('sync.collection_unknown');
    const version = versionOf(collection, wish.version);
    const readable = await collection.open({ viewer, eventId: wish.eventId, eventAccess: eventAccessOf(req) });
    return { of: wish.of, version, readable };
  }
  return async function live(req: Request, res: Response, viewer: Viewer | null): Promise<void> {
    const wishes = readWishes(typeof req.query.follow === 'string' ? req.query.follow : '');
    const followings: Following[] = [];
    const refused: { of: string; code: string }[] = [];
    let hearsNotices = false;
    for (const wish of wishes) {
      try {
        if (!wish.isNotices) followings.push(await followingOf(wish, req, viewer));
        else if (viewer) hearsNotices = true;
        else throw new AppError('auth.required');
      } catch (error) {
        // One event that was locked meanwhile must not keep everything else from the page.
        if (!(error instanceof AppError)) throw error;
        refused.push({ of: wish.of, code: error.code });
      }
    }
    const stream = deps.streams.open(req, res, viewer?.userId ?? null);
    for (const refusal of refused) stream.send(`event: refused\ndata: ${JSON.stringify(refusal)}\n\n`);
    if (viewer && hearsNotices) deps.attachNotices(viewer.userId, stream);
    await deps.feeds.follow(stream, followings).catch((error: unknown) => {
      stream.end();
      throw error;
    });
  };
}
