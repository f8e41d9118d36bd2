import assert from 'node:assert/strict';
import { type AskFacts, nextAsk, type PushFacts, pushStateOf } from './push-state.ts';

const phone = { isIos: false, isInstalled: false, isInApp: false };
const iphone = { ...phone, isIos: true };
const facts: PushFacts = { device: phone, hasApi: true, permission: 'default', isSubscribed: false, isOffered: true };

describe('push messages on a device', () => {
  const cases: [string, Partial<PushFacts>, string][] = [
    ['may be switched on', {}, 'off'],
    ['are on when the browser is subscribed', { permission: 'granted', isSubscribed: true }, 'on'],
    ['are off again when the subscription is gone', { permission: 'granted' }, 'off'],
    ['stay blocked whatever the subscription says', { permission: 'denied', isSubscribed: true }, 'blocked'],
    ['are not offered by this server', { isOffered: false }, 'unavailable'],
    ['are unknown until the server was asked', { isOffered: null }, 'unknown'],
    ['need the home screen on an iPhone, also where the API shows up', { device: iphone }, 'install'],
    ['work from the home screen of an iPhone', { device: { ...iphone, isInstalled: true } }, 'off'],
    [
      'old iPhone: installed, and still none',
      { device: { ...iphone, isInstalled: true }, hasApi: false },
      'unsupported',
    ],
    ['never inside LINE', { device: { ...iphone, isInApp: true } }, 'unsupported'],
  ];
  for (const [what, change, expected] of cases)
    it(what, () => assert.equal(pushStateOf({ ...facts, ...change }), expected));
});

describe('the question at a good moment', () => {
  const at: AskFacts = { push: 'off', device: phone, isInstallable: true, declined: [] };
  const cases: [string, Partial<AskFacts>, string | null][] = [
    ['is push first', {}, 'push'],
    ['is installing once push is on', { push: 'on' }, 'install'],
    ['is installing when push was declined', { declined: ['push'] }, 'install'],
    ['is none when all was declined', { declined: ['push', 'install'] }, null],
    ['is none in the installed app with push', { push: 'on', device: { ...phone, isInstalled: true } }, null],
    ['explains the home screen on an iPhone', { push: 'install', device: iphone, isInstallable: false }, 'ios'],
    ['is none where push is blocked and nothing can be installed', { push: 'blocked', isInstallable: false }, null],
  ];
  for (const [what, change, expected] of cases) it(what, () => assert.equal(nextAsk({ ...at, ...change }), expected));
});
