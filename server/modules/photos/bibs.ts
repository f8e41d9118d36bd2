import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { BIBS_PER_PHOTO, normalBib } from '#contracts/bibs.ts';
import { AppError } from '#contracts/errors.ts';
import type { bibProblems } from '#contracts/http/bibs.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import type { EventsService } from '../events/service.ts';

const MAX_ROWS = 200_000;
const PROBLEMS_TOLD = 100;

type Reason = (typeof bibProblems)[number];
export interface BibProblem {
  line: number;
  fileName: string;
  reason: Reason;
  text: string;
}
export interface BibFile {
  /** File name in small letters -> its line and race numbers. */
  photos: Map<string, { line: number; fileName: string; bibs: Set<string> }>;
  problems: BibProblem[];
}

const invalid = (message: string) => new AppError('request.invalid', { errors: [{ path: 'body.file', message }] });

/** Tables come with a first row that names their columns, or without. */
const isHeading = (cell: string) => /^(bibs?|race|numbers?|no\.?|bib[ _-]?(no|numbers?)\.?|บิบ|เลข|หมายเลข)/i.test(cell);

/** Reads `file name,bib[,bib…]`; comma, semicolon or tab. Throws request.invalid for what is no such table. */
export function readBibFile(content: Buffer): BibFile {
  let rows: string[][];
  try {
    rows = parse(content, {
      bom: true,
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      to: MAX_ROWS + 1,
    });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'not CSV');
  }
  if (rows.length > MAX_ROWS) throw invalid(`more than ${MAX_ROWS} rows`);
  const file: BibFile = { photos: new Map(), problems: [] };
  for (const [index, [name = '', ...cells]] of rows.entries()) {
    if (index === 0 && isHeading(cells[0] ?? '')) continue;
    const fileName = name.replace(/^.*[\\/]/, '').slice(0, 255);
    if (fileName) readRow(file, index + 1, fileName, cells);
  }
  if (file.photos.size === 0) throw invalid('no row with a file name and a race number');
  return file;
}

function readRow(file: BibFile, line: number, fileName: string, cells: readonly string[]): void {
  const key = fileName.toLowerCase();
  const photo = file.photos.get(key) ?? { line, fileName, bibs: new Set<string>() };
  file.photos.set(key, photo);
  for (const text of cells.flatMap((cell) => cell.split(/[\s|/+&]+/)).filter(Boolean)) {
    const bib = normalBib(text);
    if (!bib) file.problems.push({ line, fileName, reason: 'not_a_bib', text: text.slice(0, 60) });
    else if (photo.bibs.size >= BIBS_PER_PHOTO) file.problems.push({ line, fileName, reason: 'too_many', text: bib });
    else photo.bibs.add(bib);
  }
}

interface Wanted {
  photoId: string;
  bibs: readonly string[];
}

/** Writes down what is on each photo, takes the rest away, and raises one revision for the photos that changed; answers those. */
async function replaceBibs(trx: Trx, eventId: string, wanted: readonly Wanted[]): Promise<string[]> {
  const ids = wanted.map(({ photoId }) => photoId);
  // In the order in which reviews lock them.
  await sql`select id from photos where id = any(${ids}::uuid[]) order by id for no key update`.execute(trx);
  const pairs = wanted.flatMap(({ photoId, bibs }) => bibs.map((bib) => ({ photoId, bib })));
  const photoIds = pairs.map(({ photoId }) => photoId);
  const bibs = pairs.map(({ bib }) => bib);
  const removed = await sql<{ photo_id: string }>`
    delete from photo_bibs b where b.photo_id = any(${ids}::uuid[])
      and not exists (select 1 from unnest(${photoIds}::uuid[], ${bibs}::text[]) as w(photo_id, bib)
        where w.photo_id = b.photo_id and w.bib = b.bib)
    returning b.photo_id`.execute(trx);
  const added = await sql<{ photo_id: string }>`
    insert into photo_bibs (photo_id, event_id, bib, confidence, source)
    select w.photo_id, ${eventId}::uuid, w.bib, 1, 'typed'
    from unnest(${photoIds}::uuid[], ${bibs}::text[]) as w(photo_id, bib)
    on conflict (photo_id, bib) do nothing
    returning photo_id`.execute(trx);
  const changed = [...new Set([...removed.rows, ...added.rows].map((row) => row.photo_id))];
  if (changed.length > 0) {
    const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
    await sql`update photos set revision = ${revision}, updated_at = now() where id = any(${changed}::uuid[])`.execute(
      trx,
    );
  }
  return changed;
}

/** Race numbers that people say are on photos. Those of other photographers' photos are the organizer's to say. */
export function createBibs({ db, events }: { db: Db; events: Pick<EventsService, 'isStaff'> }) {
  const mayAll = async (eventId: string, actor: Viewer): Promise<boolean> =>
    actor.role === 'admin' || (await events.isStaff(db, eventId, actor.userId, 'organizer'));

  return {
    /** Throws photo.not_found, request.invalid. */
    async setBibs(photoId: string, texts: readonly string[], actor: Viewer): Promise<string[]> {
      const bibs = [...new Set(texts.map((text) => normalBib(text) ?? text))].sort();
      const wrong = bibs.find((bib) => normalBib(bib) !== bib);
      if (wrong !== undefined)
        throw new AppError('request.invalid', {
          errors: [{ path: 'body.bibs', message: `${wrong} is no race number` }],
        });
      await db.transaction().execute(async (trx) => {
        const photo = await trx
          .selectFrom('photos')
          .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
          .select(['photos.event_id', 'photographers.user_id'])
          .where('photos.id', '=', photoId)
          .where('photos.deleted_at', 'is', null)
          .executeTakeFirst();
        if (!photo || (photo.user_id !== actor.userId && !(await mayAll(photo.event_id, actor))))
          throw new AppError('photo.not_found');
        const changed = await replaceBibs(trx, photo.event_id, [{ photoId, bibs }]);
        if (changed.length > 0)
          await audit(trx, {
            actorId: actor.userId,
            action: 'photo.bibs',
            subjectKind: 'photo',
            subjectId: photoId,
            details: { bibs: bibs.length },
          });
      });
      return bibs;
    },

    /** Throws event.not_found, request.invalid. Repeating it changes nothing. */
    async importBibs(eventId: string, content: Buffer, actor: Viewer) {
      const all = await mayAll(eventId, actor);
      if (!all && !(await events.isStaff(db, eventId, actor.userId))) throw new AppError('event.not_found');
      const file = readBibFile(content);
      return db.transaction().execute(async (trx) => {
        const event = await trx
          .selectFrom('events')
          .select('id')
          .where('id', '=', eventId)
          .where('deleted_at', 'is', null)
          .executeTakeFirst();
        if (!event) throw new AppError('event.not_found');
        const found = await trx
          .selectFrom('photos')
          .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
          .select(['photos.id', sql<string>`lower(photos.file_name)`.as('name')])
          .where('photos.event_id', '=', eventId)
          .where('photos.deleted_at', 'is', null)
          .where(sql<boolean>`lower(photos.file_name) = any(${[...file.photos.keys()]}::text[])`)
          .$if(!all, (q) => q.where('photographers.user_id', '=', actor.userId))
          .execute();
        const idsOf = new Map<string, string[]>();
        for (const { id, name } of found) idsOf.set(name, [...(idsOf.get(name) ?? []), id]);
        const wanted: Wanted[] = [];
        const problems = [...file.problems];
        for (const [name, { line, fileName, bibs }] of file.photos) {
          const ids = idsOf.get(name) ?? [];
          if (ids.length === 1) wanted.push({ photoId: ids[0]!, bibs: [...bibs] });
          else problems.push({ line, fileName, reason: ids.length ? 'several_photos' : 'no_such_photo', text: '' });
        }
        const changed = wanted.length ? await replaceBibs(trx, eventId, wanted) : [];
        const count = wanted.reduce((sum, { bibs }) => sum + bibs.length, 0);
        await audit(trx, {
          actorId: actor.userId,
          action: 'event.bibs',
          subjectKind: 'event',
          subjectId: eventId,
          details: { photos: wanted.length, changed: changed.length },
        });
        problems.sort((a, b) => a.line - b.line);
        return {
          photos: wanted.length,
          changed: changed.length,
          bibs: count,
          problemCount: problems.length,
          problems: problems.slice(0, PROBLEMS_TOLD),
        };
      });
    },
  };
}
