import { idle, ownTask } from './components/own-task.ts';
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

const LATEST_MS = 2_500;
const AGAIN_MS = 5_000;
// At once, beside the page's own code; the frame waits for both.
const texts = loadTexts(lang.value).catch(() => undefined);

/** Everything that the first picture does not need. */
async function afterFirstPaint(): Promise<void> {
  await idle(LATEST_MS);
  await texts;
  void refreshSession().catch(() => undefined);
  await ownTask();
  await startBackground();
}
/** Until it comes: without it nothing that was done here is sent. */
async function startBackground(): Promise<void> {
  try {
    (await import('./shell/background.ts')).startBackground();
  } catch {
    setTimeout(() => void startBackground(), AGAIN_MS);
  }
}
void afterFirstPaint();
