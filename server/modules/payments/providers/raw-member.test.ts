import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rawMember } from './raw-member.ts';

const slice = (text: string) => rawMember(Buffer.from(text), 'data')?.toString();

describe('raw member of a JSON body', () => {
  it('answers the bytes as they stand', () => {
    assert.equal(slice('{"data":{"a":1,"b":"x\\/\\u0e01 }"},"signature":"s"}'), '{"a":1,"b":"x\\/\\u0e01 }"}');
    assert.equal(slice(' { "signature" : "s" , "data" :  { "a" : [ 1 , { } ] }  } '), '{ "a" : [ 1 , { } ] }');
    assert.equal(slice('{"x":{"data":1},"data":"a\\"}b"}'), '"a\\"}b"');
    assert.equal(slice('{"data":12.5e3 }'), '12.5e3');
    assert.equal(slice('{"\\u0064ata":true}'), 'true');
  });
  it('refuses what is not one object with one such member', () => {
    for (const text of [
      '',
      '[]',
      '{"data":1',
      '{"data":1}x',
      '{"data":1,"data":2}',
      '{"x":1}',
      '{"data"}',
      '{"data":}',
    ])
      assert.equal(slice(text), undefined, text);
  });
  it('finds the value of any object, however it is written', () => {
    const spaces = fc.constantFrom(undefined, 1, 4, '\t');
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), spaces, (data, other, indent) => {
        const text = JSON.stringify({ other, data, signature: 'x' }, null, indent);
        assert.deepEqual(JSON.parse(slice(text)!), JSON.parse(JSON.stringify(data)));
        assert.ok(text.includes(slice(text)!));
      }),
    );
  });
});
