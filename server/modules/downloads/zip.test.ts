import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import * as yauzl from 'yauzl';
import { uniqueNames } from './archive.ts';
import { crc32, crc32ByTable } from './crc32.ts';
import { planZip, type ZipEntry, type ZipPlan } from './zip.ts';

const file = (name: string, data: Buffer): ZipEntry & { data: Buffer } => ({
  name,
  data,
  bytes: data.length,
  crc32: crc32(data),
  time: new Date('2026-11-22T06:30:04Z'),
});
const read = (plan: ZipPlan, files: readonly { data: Buffer }[], start = 0, end = plan.size - 1): Buffer =>
  Buffer.concat(
    [...plan.parts(start, end)].map((part) =>
      'bytes' in part ? part.bytes : files[part.index]!.data.subarray(part.start, part.end + 1),
    ),
  );

/** What an independent reader finds: names, sizes and, where asked, contents (yauzl checks sizes, we the CRC). */
async function unpack(reader: yauzl.ZipFile, withData = true) {
  const found: { name: string; data: Buffer | undefined; entry: yauzl.Entry }[] = [];
  reader.readEntry();
  for await (const entry of Readable.from(entriesOf(reader)) as AsyncIterable<yauzl.Entry>) {
    let data: Buffer | undefined;
    if (withData) {
      const stream = await new Promise<Readable>((resolve, reject) =>
        reader.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
      );
      data = Buffer.concat(await stream.toArray());
    }
    found.push({ name: entry.fileName, data, entry });
    reader.readEntry();
  }
  return found;
}
async function* entriesOf(reader: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  for (;;) {
    const entry = await new Promise<yauzl.Entry | undefined>((resolve, reject) => {
      const done = () => off(() => resolve(undefined));
      const got = (value: yauzl.Entry) => off(() => resolve(value));
      const failed = (error: Error) => off(() => reject(error));
      const off = (then: () => void) => {
        reader.off('end', done).off('entry', got).off('error', failed);
        then();
      };
      reader.once('end', done).once('entry', got).once('error', failed);
    });
    if (!entry) return;
    yield entry;
  }
}
const openBuffer = (zip: Buffer) =>
  new Promise<yauzl.ZipFile>((resolve, reject) =>
    yauzl.fromBuffer(zip, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened))),
  );

describe('ZIP of originals', () => {
  it('is read by unzip and by an independent reader, Thai names and empty files too', async () => {
    const names = uniqueNames([
      'วิ่ง/กรุงเทพ 10K.JPG',
      'IMG_1.JPG',
      'img_1.jpg',
      'IMG_1 (2).JPG',
      '..hidden',
      '📷.png',
      '',
    ]);
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
    const files = names.map((name, index) => file(name, Buffer.alloc(index * 1_000, index + 1)));
    const plan = planZip(files);
    const zip = read(plan, files);
    assert.equal(zip.length, plan.size);
    const found = await unpack(await openBuffer(zip));
    assert.deepEqual(
      found.map((each) => each.name),
      names,
    );
    for (const [index, each] of found.entries()) {
      assert.ok(each.data!.equals(files[index]!.data));
      assert.equal(each.entry.crc32, files[index]!.crc32);
      assert.equal(each.entry.getLastModDate({ timezone: 'UTC' }).toISOString(), '2026-11-22T13:30:04.000Z');
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'tps-zip-'));
    try {
      const target = path.join(folder, 'a.zip');
      await writeFile(target, zip);
      const tested = spawnSync('unzip', ['-t', target], { encoding: 'utf8' });
      // Where unzip is not installed the reader above has to do.
      if (!tested.error) assert.equal(tested.status, 0, tested.stdout + tested.stderr);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives any range of itself, the same bytes each time', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 });
    fc.assert(
      fc.property(contents, fc.nat(), fc.nat(), (data, a, b) => {
        const files = data.map((bytes, index) => file(`ภาพ-${index}.jpg`, Buffer.from(bytes)));
        const plan = planZip(files);
        const whole = read(plan, files);
        const [start, end] = [a % plan.size, b % plan.size].sort((x, y) => x - y) as [number, number];
        assert.ok(read(planZip(files), files, start, end).equals(whole.subarray(start, end + 1)));
        assert.equal(planZip(files).etag, plan.etag);
      }),
      { numRuns: 200 },
    );
  });

  it('has another ETag when anything in it is another', () => {
    const base = file('a.jpg', Buffer.from('abc'));
    const etags = [
      [base],
      [{ ...base, name: 'b.jpg' }],
      [{ ...base, bytes: 4 }],
      [{ ...base, crc32: 1 }],
      [{ ...base, time: new Date('2026-11-22T06:30:08Z') }],
      [base, { ...base, name: 'b.jpg' }],
    ].map((entries) => planZip(entries).etag);
    assert.equal(new Set(etags).size, etags.length);
  });

  it('goes over to ZIP64 above 4 GB and 65,535 files', async () => {
    class Virtual extends yauzl.RandomAccessReader {
      readonly plan: ZipPlan;
      constructor(plan: ZipPlan) {
        super();
        this.plan = plan;
      }
      override _readStreamForRange(start: number, end: number): Readable {
        const parts = this.plan.parts(start, end - 1);
        return Readable.from(
          (function* () {
            for (const part of parts) yield 'bytes' in part ? part.bytes : Buffer.alloc(part.end - part.start + 1);
          })(),
          { objectMode: false },
        );
      }
    }
    const open = (plan: ZipPlan) =>
      new Promise<yauzl.ZipFile>((resolve, reject) =>
        yauzl.fromRandomAccessReader(new Virtual(plan), plan.size, { lazyEntries: true }, (error, opened) =>
          error ? reject(error) : resolve(opened),
        ),
      );
    const time = new Date('2026-11-22T06:30:04Z');
    const large = [5_000_000_000, 10, 3_000_000_000].map((bytes, index) => ({
      name: `${index}.tif`,
      bytes,
      crc32: index,
      time,
    }));
    const found = await unpack(await open(planZip(large)), false);
    assert.deepEqual(
      found.map(({ entry }) => [entry.fileName, entry.uncompressedSize, entry.crc32]),
      large.map((entry) => [entry.name, entry.bytes, entry.crc32]),
    );
    assert.ok(found[2]!.entry.relativeOffsetOfLocalHeader > 5_000_000_000);
    const many = Array.from({ length: 70_000 }, (_, index) => ({ name: `${index}`, bytes: 0, crc32: 0, time }));
    assert.equal((await open(planZip(many))).entryCount, 70_000);
  });

  it('has the same CRC from Node and from the table', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        assert.equal(crc32ByTable(b, crc32ByTable(a)), crc32(Buffer.concat([a, b])));
      }),
    );
    assert.equal(crc32ByTable(Buffer.from('123456789')), 0xcbf43926);
  });
});
