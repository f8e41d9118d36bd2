import assert from 'node:assert/strict';
import exifr from 'exifr';
import sharp from 'sharp';
import { blankGps } from './gps.ts';

const jpeg = () =>
  sharp({ create: { width: 32, height: 24, channels: 3, background: '#808080' } })
    .jpeg()
    .withExif({
      IFD0: { Make: 'Canon', Model: 'EOS R5' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '13/1 45/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '100/1 30/1 0/1' },
    })
    .withXmp(
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="13,45N" b="c"/><exif:GPSLongitude>100,30E</exif:GPSLongitude></x:xmpmeta>',
    )
    .toBuffer();

describe('position of an original', () => {
  it('is blanked without changing length, picture or other metadata', async () => {
    const before = await jpeg();
    assert.ok(await exifr.gps(before));
    const after = blankGps(before);
    assert.equal(after.length, before.length);
    assert.equal(await exifr.gps(after), undefined);
    assert.ok(!after.includes('13,45N') && !after.includes('100,30E'));
    const exif = await exifr.parse(after, { ifd0: {}, xmp: false });
    assert.deepEqual([exif.Make, exif.Model, exif.latitude], ['Canon', 'EOS R5', undefined]);
    const pixels = (file: Buffer) => sharp(file).raw().toBuffer();
    assert.deepEqual(await pixels(after), await pixels(before));
  });
  it('leaves alone what is not a JPEG, or cut off', async () => {
    const text = Buffer.from('not a picture');
    assert.equal(blankGps(text), text);
    const whole = await jpeg();
    for (const length of [0, 3, 20, 60, 150, 400]) blankGps(whole.subarray(0, length));
  });
});
