/** What kind of browser this is, as far as installing and push messages go by it. */
export interface Device {
  isIos: boolean;
  /** Opened from the home screen. */
  isInstalled: boolean;
  /** A browser inside LINE, Facebook or Instagram: it neither installs nor takes push messages. */
  isInApp: boolean;
}

export function readDevice(at: { userAgent: string; maxTouchPoints: number; isInstalled: boolean }): Device {
  // iPads call themselves Macs; Macs have no touch screen.
  const isIos = /iPhone|iPad|iPod/.test(at.userAgent) || (/Macintosh/.test(at.userAgent) && at.maxTouchPoints > 1);
  return { isIos, isInstalled: at.isInstalled, isInApp: /\bLine\/|FBAN|FBAV|Instagram/.test(at.userAgent) };
}

export const device: Device = readDevice({
  userAgent: navigator.userAgent,
  maxTouchPoints: navigator.maxTouchPoints,
  isInstalled:
    matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true,
});
