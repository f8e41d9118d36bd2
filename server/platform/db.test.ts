import assert from 'node:assert/strict';
import { isDatabaseAway } from './db.ts';

describe('a database that went away', () => {
  const error = (fields: object, message = '') => Object.assign(new Error(message), fields);
  it('is told from other services that are away, and from queries that are wrong', () => {
    const away = [
      error({ code: '57P01' }, 'terminating connection due to administrator command'),
      error({ code: '57P03' }, 'the database system is starting up'),
      error({ code: 'ECONNREFUSED', port: 5432 }),
      error({}, 'Connection terminated unexpectedly'),
      error({}, 'timeout exceeded when trying to connect'),
      new Error('could not store', { cause: error({ code: '08006' }) }),
      error({ errors: [error({ code: 'ECONNREFUSED', port: 5432 })] }),
    ];
    const others = [
      error({ code: 'ECONNREFUSED', port: 25 }),
      error({ code: '23505' }),
      error({ code: '40P01' }),
      error({}, 'no such photo'),
      undefined,
    ];
    assert.deepEqual(
      away.map((each) => isDatabaseAway(each, 5432)),
      away.map(() => true),
    );
    assert.deepEqual(
      others.map((each) => isDatabaseAway(each, 5432)),
      others.map(() => false),
    );
  });
});
