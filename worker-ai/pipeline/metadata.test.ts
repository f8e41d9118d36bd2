import assert from 'node:assert/strict';
import sharp from 'sharp';
import { readMetadata, toInstant } from './metadata.ts';

const picture = (exif: Record<string, string>) =>
  sharp({ create: { width: 60, height: 60, channels: 3, background: '#888' } })
    .jpeg()
    .withExif({ IFD0: { Make: 'Canon\u0000', Model: ' EOS R6 ' }, IFD2: exif })
    .toBuffer();

describe('worker-ai/pipeline/metadata', () => {
  it('reads a camera clock in the zone of the event, or in its own where it knows one', async () => {
    const plain = await readMetadata(await picture({ DateTimeOriginal: '2026:11:22 06:30:12' }), 'Asia/Bangkok');
    assert.equal(plain.takenAt?.toISOString(), '2026-11-21T23:30:12.000Z');
    assert.equal(plain.takenAtLocal, '2026-11-22T06:30:12');
    assert.equal(plain.cameraMake, 'Canon');
    assert.equal(plain.cameraModel, 'EOS R6');
    assert.equal(plain.hadGps, false);
    const zoned = await readMetadata(
      await picture({ DateTimeOriginal: '2026:11:22 06:30:12', OffsetTimeOriginal: '+09:00' }),
      'Asia/Bangkok',
    );
    assert.equal(zoned.takenAt?.toISOString(), '2026-11-21T21:30:12.000Z');
  });
  it('follows summer time', () => {
    assert.equal(toInstant('2026-07-01T12:00:00', null, 'Europe/Berlin')?.toISOString(), '2026-07-01T10:00:00.000Z');
    assert.equal(toInstant('2026-01-01T12:00:00', null, 'Europe/Berlin')?.toISOString(), '2026-01-01T11:00:00.000Z');
  });
  it('gives nothing for clocks that were never set, nonsense and files without EXIF', async () => {
    for (const time of [
      '0000:00:00 00:00:00',
      '1980:01:01 00:00:00',
      '2026:13:45 99:99:99',
      '2099:01:01 00:00:00',
      'x',
    ])
      assert.equal((await readMetadata(await picture({ DateTimeOriginal: time }), 'Asia/Bangkok')).takenAt, null, time);
    const none = await readMetadata(Buffer.from('no picture'), 'Asia/Bangkok');
    assert.equal(none.takenAt, null);
    assert.equal(none.hadGps, false);
  });
});
