export interface KeptPicture {
  url: string;
  bytes: number;
  /** Kept longer than it should be. */
  isOld: boolean;
}

const isThumbnail = (url: string): boolean => url.includes('/thumbnails/');

/**
 * What goes so that the rest fits into `budgetBytes`: first what is old, then previews, then thumbnails (a wall without previews is
 * still a wall), each from the one that was kept first. `kept` is in the order of keeping.
 */
export function pickToDrop(kept: readonly KeptPicture[], budgetBytes: number): KeptPicture[] {
  const order = [
    ...kept.filter(({ isOld }) => isOld),
    ...kept.filter(({ isOld, url }) => !isOld && !isThumbnail(url)),
    ...kept.filter(({ isOld, url }) => !isOld && isThumbnail(url)),
  ];
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: KeptPicture[] = [];
  for (const picture of order) {
    if (total <= budgetBytes && !picture.isOld) break;
    gone.push(picture);
    total -= picture.bytes;
  }
  return gone;
}
