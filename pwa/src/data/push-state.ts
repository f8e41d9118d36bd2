import type { Device } from './device.ts';

/**
 * unsupported: this browser takes none. install: only from the home screen (iPhone, iPad). blocked: switched off in the browser's
 * settings, where only the person can change it. unavailable: the server sends none. off and on: as chosen.
 */
export type PushState = 'unknown' | 'unsupported' | 'install' | 'blocked' | 'unavailable' | 'off' | 'on';

export interface PushFacts {
  device: Device;
  /** Service worker, PushManager and Notification are there. */
  hasApi: boolean;
  permission: NotificationPermission;
  isSubscribed: boolean;
  /** null: not asked yet. */
  isOffered: boolean | null;
}

export function pushStateOf({ device, hasApi, permission, isSubscribed, isOffered }: PushFacts): PushState {
  if (device.isInApp) return 'unsupported';
  if (device.isIos && !device.isInstalled) return 'install';
  if (!hasApi) return 'unsupported';
  if (isOffered === false) return 'unavailable';
  if (permission === 'denied') return 'blocked';
  if (permission === 'granted' && isSubscribed) return 'on';
  return isOffered === null ? 'unknown' : 'off';
}

export type Ask = 'push' | 'install' | 'ios';
export interface AskFacts {
  push: PushState;
  device: Device;
  /** The browser offers to install the app. */
  isInstallable: boolean;
  /** What the person declined on this device; it is not asked again. */
  declined: readonly Ask[];
}

/** What to ask at a good moment: push first, for it is what the moment is about; one thing at a time, or nothing. */
export function nextAsk({ push, device, isInstallable, declined }: AskFacts): Ask | null {
  const possible: Ask[] = [];
  if (push === 'off') possible.push('push');
  if (push === 'install') possible.push('ios');
  if (isInstallable && !device.isInstalled) possible.push('install');
  return possible.find((each) => !declined.includes(each)) ?? null;
}
