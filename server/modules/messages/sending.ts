/** It will never arrive: another try changes nothing. */
export class Permanent extends Error {}
/** The device took its subscription back. */
export class SubscriptionEnded extends Permanent {}
