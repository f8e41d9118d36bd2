import assert from 'node:assert/strict';
import { strFromU8, unzipSync } from 'fflate';
import { csvOf, exportArchive } from './archive.ts';

describe('the archive of a person', () => {
  it('holds everything as JSON and each topic as a table', () => {
    const data = {
      exportedAt: '2026-12-01T00:00:00.000Z',
      profile: { name: 'บัว "ใบ"', email: 'a@example.test' },
      orders: [
        { number: 'TPS-1', items: [{ photo: 1 }], at: new Date(0) },
        { number: 'TPS-2', total: 60 },
      ],
      favorites: [],
    };
    const files = unzipSync(exportArchive(data));
    assert.deepEqual(Object.keys(files).sort(), ['README.txt', 'data.json', 'orders.csv', 'profile.csv']);
    assert.deepEqual(JSON.parse(strFromU8(files['data.json']!)), JSON.parse(JSON.stringify(data)));
    assert.equal(
      // Not by strFromU8, which drops the byte order mark.
      Buffer.from(files['orders.csv']!).toString('utf8'),
      '\uFEFFnumber,items,at,total\r\nTPS-1,"[{""photo"":1}]",1970-01-01T00:00:00.000Z,\r\nTPS-2,,,60\r\n',
    );
    assert.ok(strFromU8(files['profile.csv']!).includes('"บัว ""ใบ"""'));
  });
  it('runs no formula in a spreadsheet', () => {
    assert.equal(csvOf([{ a: '=1+1', b: '@x', c: -5, d: '-x' }]), "\uFEFFa,b,c,d\r\n'=1+1,'@x,-5,'-x\r\n");
  });
});
