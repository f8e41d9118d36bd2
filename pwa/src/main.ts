import { startRouter } from './context/router.ts';
import { watchConnectivity } from './data/connectivity.ts';
import { watchInstallable } from './data/install.ts';
import { refreshSession } from './data/session.ts';
import { lang, loadTexts } from './i18n/i18n.ts';
import './components/px-icon.ts';
import { loadFonts } from './shell/fonts.ts';
import './shell/px-app.ts';

startRouter();
watchConnectivity();
watchInstallable();
loadFonts();

/** Everything that the first picture does not need. */
function afterFirstPaint(): void {
  void refreshSession().catch(() => undefined);
  void import('./shell/background.ts').then(({ startBackground }) => startBackground());
}
const idle: (run: () => void) => void =
  'requestIdleCallback' in window
    ? (run) => requestIdleCallback(run, { timeout: 2_500 })
    : (run) => setTimeout(run, 600);
// At once, beside the page's own code; the frame waits for both.
const texts = loadTexts(lang.value).catch(() => undefined);
idle(() => void texts.then(afterFirstPaint));
