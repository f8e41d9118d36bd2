/** One photo as the pages know it. */
export interface ChaosPhoto {
  id: string;
  eventId: string;
}

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
  /** Event -> the last thing done there. */
  lastFace: Record<string, 'search' | 'withdraw'>;
  verdicts: Record<string, 'me' | 'not_me' | 'either'>;
  names: string[];
  /** Effects with how they ended. */
  outcomes: Record<string, { kind: string; code: string }>;
  /** Effects that the person took back (by a withdrawal). */
  takenBack: string[];
}
