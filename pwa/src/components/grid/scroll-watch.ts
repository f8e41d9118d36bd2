/** Scroll has come to rest when nothing moved for so long. */
const REST_MS = 140;
/** Faster than this nobody recognises a face: five screens a second on a phone. */
const HURRIED_PX_PER_MS = 4;

interface Handlers {
  /** Once a frame while the page scrolls. */
  onMove: () => void;
  onRest: () => void;
}

/** How the page is being scrolled: whether, and whether too fast for pictures to be worth asking for. */
export class ScrollWatch {
  isMoving = false;
  isHurried = false;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #last = { y: 0, at: 0 };
  readonly #handlers: Handlers;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  start(): void {
    addEventListener('scroll', this.#onScroll, { passive: true });
  }
  stop(): void {
    removeEventListener('scroll', this.#onScroll);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#frame = 0;
    this.isMoving = false;
    this.isHurried = false;
  }

  readonly #onScroll = (): void => {
    this.isMoving = true;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.isMoving = false;
      this.isHurried = false;
      this.#last.at = 0;
      this.#handlers.onRest();
    }, REST_MS);
    if (this.#frame) return;
    this.#frame = requestAnimationFrame((at) => {
      this.#frame = 0;
      const { y, at: before } = this.#last;
      this.isHurried = before > 0 && Math.abs(scrollY - y) / Math.max(1, at - before) > HURRIED_PX_PER_MS;
      this.#last = { y: scrollY, at };
      this.#handlers.onMove();
    });
  };
}
