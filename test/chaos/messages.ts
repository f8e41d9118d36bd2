import type { Plan } from './fates.ts';

/** One photo as the pages know it. */
export interface ChaosPhoto {
  id: string;
  eventId: string;
}

export type Act = 'tap' | 'mark' | 'order' | 'search' | 'sign in' | 'sign out' | 'offline' | 'online' | 'hide' | 'show';

/** What is asked of a device; answered in order. */
export type Command =
  | {
      do: 'begin';
      seed: number;
      clockSkewMs: number;
      mine: ChaosPhoto[];
      shared: ChaosPhoto[];
      events: string[];
      badness: number;
    }
  | { do: 'sign-in'; email: string; password: string }
  | { do: 'step'; aheadMs: number }
  /** Something that is named, for tests that know what is to happen. */
  | { do: 'act'; act: Act; photo?: ChaosPhoto }
  | { do: 'plan'; plan: Plan }
  | { do: 'heal' }
  | { do: 'state' }
  | { do: 'end' };

export interface TappedOrder {
  effectId: string;
  photoIds: string[];
}
export interface TappedSearch {
  effectId: string;
  eventId: string;
  /** Whose it is, as far as the device knows; a guest's becomes the account's at the sign-in. */
  by: 'guest' | 'account';
  /**
   * What has to be of it in the end. either: an account's, and a guest on its device took back their own since, which reaches the account's if
   * it is sent after the sign-in.
   */
  end: 'kept' | 'withdrawn' | 'either';
}

/** What the person did at this device, and what it told them. */
export interface DeviceState {
  steps: Record<string, number>;
  faults: Record<string, number>;
  userId: string | null;
  waiting: { id: string; kind: string; failures: number }[];
  isCartSent: boolean;
  /** What may be the reason when it does not come to rest. */
  trouble: string;
  /** Photos that the device shows in the cart. */
  cart: string[];
  /** Photos that the device shows as favourites. */
  marked: string[];
  /** Last word on each photo: in the cart or not; ordered: not, unless it was put in again. */
  taps: Record<string, 'in' | 'out'>;
  /** Last word on each photo: marked or not. */
  marks: Record<string, boolean>;
  /** How often what was tapped: "cart_items in <photo>". */
  times: Record<string, number>;
  orders: TappedOrder[];
  searches: TappedSearch[];
  verdicts: Record<string, 'me' | 'not_me' | 'either'>;
  names: string[];
  /** Effects with how they ended. */
  outcomes: Record<string, { kind: string; code: string }>;
  /** Effects that the person took back (by a withdrawal). */
  takenBack: string[];
}
