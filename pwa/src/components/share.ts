import { toast } from '../context/toasts.ts';
import { t } from '../i18n/i18n.ts';

/**
 * Hands a page of ours to the phone's share sheet; copies its address where there is none. Tapped in a chat of LINE it opens in the
 * phone's own browser (context/handover.ts takes the parameter out of the address again).
 */
export async function shareLink(path: string, text: string, title = text): Promise<void> {
  const address = new URL(path, window.location.origin);
  address.searchParams.set('openExternalBrowser', '1');
  const url = address.href;
  try {
    if (navigator.share) await navigator.share({ title, text, url });
    else {
      await navigator.clipboard.writeText(url);
      toast(t().event.linkCopied, { kind: 'success' });
    }
  } catch {
    // closed without choosing
  }
}
