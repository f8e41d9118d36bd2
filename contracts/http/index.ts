import * as account from './account.ts';
import * as admin from './admin.ts';
import * as auth from './auth.ts';
import * as bibs from './bibs.ts';
import * as cart from './cart.ts';
import * as coupons from './coupons.ts';
import * as downloads from './downloads.ts';
import * as events from './events.ts';
import * as face from './face.ts';
import * as faceEngines from './face-engines.ts';
import * as favorites from './favorites.ts';
import * as hiding from './hiding.ts';
import * as messages from './messages.ts';
import * as notices from './notices.ts';
import * as orders from './orders.ts';
import * as packages from './packages.ts';
import * as payment from './payment.ts';
import * as photographers from './photographers.ts';
import * as photos from './photos.ts';
import * as privacy from './privacy.ts';
import * as revenue from './revenue.ts';
import type { RouteDefinition } from './route.ts';
import * as sharedCarts from './shared-carts.ts';
import * as shares from './shares.ts';
import * as system from './system.ts';
import * as uploads from './uploads.ts';
import * as wall from './wall.ts';

const topics = [
  auth,
  account,
  privacy,
  events,
  photos,
  wall,
  bibs,
  uploads,
  photographers,
  favorites,
  face,
  faceEngines,
  hiding,
  packages,
  coupons,
  cart,
  sharedCarts,
  shares,
  orders,
  payment,
  downloads,
  revenue,
  notices,
  messages,
  admin,
  system,
];

const isRoute = (value: unknown): value is RouteDefinition =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'responses' in value;

/** Every route of the API; the server must bind each of them, the OpenAPI document lists them in this order. */
export const allRoutes: readonly RouteDefinition[] = topics.flatMap((topic) =>
  Object.values(topic as Record<string, unknown>).filter(isRoute),
);
