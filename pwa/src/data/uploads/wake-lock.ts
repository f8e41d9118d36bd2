/** Keeps the screen, and with it the upload, awake; the system takes the lock away with the page out of sight. */
export class WakeLock {
  #wanted = false;
  #sentinel: WakeLockSentinel | null = null;

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.#wanted) void this.#take();
    });
  }

  want(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) void this.#take();
    else {
      void this.#sentinel?.release().catch(() => undefined);
      this.#sentinel = null;
    }
  }

  async #take(): Promise<void> {
    try {
      this.#sentinel = (await navigator.wakeLock?.request('screen')) ?? null;
      if (!this.#wanted) await this.#sentinel?.release();
    } catch {
      // low battery, or the browser says no: the upload goes on as long as the page is open
    }
  }
}
