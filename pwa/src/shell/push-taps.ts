import { navigate } from '../context/router.ts';
import type { OpenPath } from '../sw/push.ts';

/** A notice was tapped while this page was open: it goes there itself. */
export function openTappedNotices(): void {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<OpenPath | null>) => {
    if (data?.type === 'OPEN_PATH' && data.path.startsWith('/')) navigate(data.path);
  });
}
