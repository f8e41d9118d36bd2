import type { Clock } from '#server/platform/clock.ts';
import type { Db } from '#server/platform/db.ts';
import type { Storage } from '#server/platform/storage.ts';
import { deliveredBytes, deliveredCrc } from './original-bytes.ts';
import type { Deliverable } from './repository.ts';
import * as repository from './repository.ts';
import * as sessions from './sessions.ts';
import { planZip, type ZipPlan } from './zip.ts';

/** Names inside one ZIP: a second IMG_1.JPG becomes IMG_1 (2).JPG. No folders, no odd characters. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_').replace(/^\.+/, '_') || 'photo';
    const dot = safe.lastIndexOf('.');
    const [stem, ending] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
    let unique = safe;
    for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${stem} (${count})${ending}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** An order's originals as one ZIP that is laid out, and not made before it is read. */
export interface Archive {
  orderId: string;
  fileName: string;
  plan: ZipPlan;
  rows: Deliverable[];
  /** It was begun before: its ranges go on with that download. */
  isBegun: boolean;
}
/** Checksums made at a time: the store is read for them. */
const atOnce = 4;

export function createArchives({ db, storage, clock }: { db: Db; storage: Storage; clock: Clock }) {
  const computing = new Map<string, Promise<number>>();

  function crcOf(row: { photo_id: string; object_key: string; bytes: number }): Promise<number> {
    let work = computing.get(row.photo_id);
    if (!work) {
      work = deliveredCrc(storage, { objectKey: row.object_key, bytes: row.bytes })
        .then(async (crc32) => {
          await repository.saveCrc(db, row.photo_id, crc32);
          return crc32;
        })
        .finally(() => computing.delete(row.photo_id));
      computing.set(row.photo_id, work);
    }
    return work;
  }
  /** Uploads bring their checksum; this is for originals from before, once each. */
  async function withCrc(rows: readonly Deliverable[]): Promise<Deliverable[]> {
    const whole = [...rows];
    const missing = whole.flatMap((row, index) => (row.crc32 === null ? [index] : []));
    const next = async () => {
      for (let index = missing.shift(); index !== undefined; index = missing.shift()) {
        const row = whole[index]!;
        const stored = { photo_id: row.photo_id, object_key: row.object_key!, bytes: row.bytes! };
        whole[index] = { ...row, crc32: await crcOf(stored) };
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    return whole;
  }
  function plan(rows: readonly Deliverable[]): ZipPlan {
    const names = uniqueNames(rows.map((row) => row.file_name));
    return planZip(
      rows.map((row, index) => ({
        name: names[index]!,
        bytes: row.bytes!,
        crc32: row.crc32!,
        time: row.taken_at,
      })),
    );
  }

  return {
    /** Laid out anew for these originals. */
    async layOut(orderId: string, fileName: string, rows: readonly Deliverable[]): Promise<Archive> {
      const whole = await withCrc(rows);
      return { orderId, fileName, plan: plan(whole), rows: whole, isBegun: false };
    },
    /**
     * The archive that a cut download was of, by its ETag if the client tells it, else the newest; undefined when there is
     * none, or access to one of its originals ended.
     */
    async begun(
      orderId: string,
      fileName: string,
      live: readonly Deliverable[],
      etag: string | undefined,
    ): Promise<Archive | undefined> {
      const known = await sessions.archivesOf(db, orderId, clock.now());
      const session = etag ? known.find((each) => each.etag === etag) : known[0];
      if (!session) return undefined;
      const rows = live.filter((row) => session.grant_ids.includes(row.id));
      if (rows.length < session.grant_ids.length) return undefined;
      const whole = await withCrc(rows);
      const laidOut = plan(whole);
      return laidOut.etag === session.etag
        ? { orderId, fileName, plan: laidOut, rows: whole, isBegun: true }
        : undefined;
    },
    /** Bytes `start` to `end` (inclusive), one original open at a time. */
    async *bytes({ plan: laidOut, rows }: Archive, start: number, end: number): AsyncGenerator<Buffer> {
      for (const part of laidOut.parts(start, end)) {
        if ('bytes' in part) yield part.bytes;
        else {
          const row = rows[part.index]!;
          yield* deliveredBytes(storage, { objectKey: row.object_key!, bytes: row.bytes! }, part.start, part.end);
        }
      }
    },
    /** Checksums that are missing, a few at a time; answers how many were made. */
    async fillCrcs(limit: number): Promise<number> {
      const rows = await repository.withoutCrc(db, limit);
      for (const row of rows) await crcOf(row);
      return rows.length;
    },
  };
}
