export interface GestureHandlers {
  onSwipe: (direction: 1 | -1) => void;
  onDismiss: () => void;
  onZoom: (scale: number) => void;
  canSwipe: (direction: 1 | -1) => boolean;
}

interface Point {
  x: number;
  y: number;
}

const LARGEST = 6;
const SWIPE_SHARE = 0.22;
const SWIPE_SPEED = 0.45; // px/ms
const DISMISS_PX = 110;
const DOUBLE_TAP_MS = 280;
/** A little longer than the transition of `.settling`. */
const SETTLE_MS = 260;
/** Between two pictures while one swipes; as in the styles. */
const BETWEEN_PX = 16;

/**
 * Swipe, drag down, pinch, double tap, wheel and pan on the viewer's stage, as one transform on the stage's first child: the strip of the
 * picture and its neighbours.
 * Pointer events only; nothing is rendered while a finger moves.
 */
export class Gestures {
  #pointers = new Map<number, Point>();
  #scale = 1;
  #shift: Point = { x: 0, y: 0 };
  #start: { at: number; point: Point; shift: Point; scale: number; distance: number; axis: '' | 'x' | 'y' } | null =
    null;
  #lastTap = 0;
  /** A swipe that is on its way to the next picture. */
  #settling: ReturnType<typeof setTimeout> | undefined;
  readonly #abort = new AbortController();
  readonly #stage: HTMLElement;
  readonly #handlers: GestureHandlers;

  constructor(stage: HTMLElement, handlers: GestureHandlers) {
    this.#stage = stage;
    this.#handlers = handlers;
    const { signal } = this.#abort;
    stage.addEventListener('pointerdown', this.#down, { signal });
    stage.addEventListener('pointermove', this.#move, { signal });
    for (const type of ['pointerup', 'pointercancel'] as const) stage.addEventListener(type, this.#up, { signal });
    stage.addEventListener('wheel', this.#wheel, { signal, passive: false });
  }

  stop(): void {
    clearTimeout(this.#settling);
    this.#abort.abort();
  }

  reset(animated = false): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#scale = 1;
    this.#shift = { x: 0, y: 0 };
    this.#apply(animated);
  }

  zoomBy(factor: number, around?: Point): void {
    this.#zoomTo(this.#scale * factor, around ?? this.#centre());
    this.#apply(true);
  }

  #centre(): Point {
    const box = this.#stage.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }

  /** Zooms so that the picture's point under `around` stays where it is. */
  #zoomTo(wanted: number, around: Point): void {
    const scale = Math.min(LARGEST, Math.max(1, wanted));
    const centre = this.#centre();
    const ratio = scale / this.#scale;
    this.#shift = {
      x: (this.#shift.x - (around.x - centre.x)) * ratio + (around.x - centre.x),
      y: (this.#shift.y - (around.y - centre.y)) * ratio + (around.y - centre.y),
    };
    this.#scale = scale;
    this.#bound();
  }

  #bound(): void {
    const box = this.#stage.getBoundingClientRect();
    const limit = (length: number): number => (length * (this.#scale - 1)) / 2;
    const clamp = (value: number, most: number): number => Math.min(most, Math.max(-most, value));
    this.#shift = { x: clamp(this.#shift.x, limit(box.width)), y: clamp(this.#shift.y, limit(box.height)) };
  }

  #apply(animated: boolean, fade = 1): void {
    const picture = this.#stage.firstElementChild as HTMLElement | null;
    if (!picture) return;
    picture.classList.toggle('settling', animated);
    picture.style.transform = `translate3d(${this.#shift.x}px, ${this.#shift.y}px, 0) scale(${this.#scale})`;
    picture.style.opacity = String(fade);
    this.#handlers.onZoom(this.#scale);
  }

  readonly #down = (event: PointerEvent): void => {
    if (this.#settling || (event.pointerType === 'mouse' && event.button !== 0)) return;
    this.#stage.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#begin();
  };

  #begin(): void {
    const points = [...this.#pointers.values()];
    if (points.length === 0) return;
    this.#start = {
      at: performance.now(),
      point: middle(points),
      shift: this.#shift,
      scale: this.#scale,
      distance: spreadOf(points),
      axis: '',
    };
  }

  readonly #move = (event: PointerEvent): void => {
    if (!this.#pointers.has(event.pointerId) || !this.#start) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const points = [...this.#pointers.values()];
    const now = middle(points);
    const moved = { x: now.x - this.#start.point.x, y: now.y - this.#start.point.y };
    if (points.length > 1) {
      this.#scale = this.#start.scale;
      this.#shift = this.#start.shift;
      this.#zoomTo(this.#start.scale * (spreadOf(points) / this.#start.distance), this.#start.point);
      this.#shift = { x: this.#shift.x + moved.x, y: this.#shift.y + moved.y };
      this.#bound();
      this.#apply(false);
      return;
    }
    if (this.#scale > 1) {
      this.#shift = { x: this.#start.shift.x + moved.x, y: this.#start.shift.y + moved.y };
      this.#bound();
      this.#apply(false);
      return;
    }
    if (!this.#start.axis && Math.hypot(moved.x, moved.y) > 8)
      this.#start.axis = Math.abs(moved.x) > Math.abs(moved.y) ? 'x' : 'y';
    if (this.#start.axis === 'x') {
      const blocked = !this.#handlers.canSwipe(moved.x < 0 ? 1 : -1);
      this.#shift = { x: moved.x * (blocked ? 0.25 : 1), y: 0 };
      this.#apply(false);
    } else if (this.#start.axis === 'y') {
      this.#shift = { x: 0, y: moved.y };
      this.#apply(false, 1 - Math.min(0.6, Math.abs(moved.y) / 500));
    }
  };

  readonly #up = (event: PointerEvent): void => {
    if (!this.#pointers.delete(event.pointerId) || !this.#start) return;
    if (this.#pointers.size > 0) {
      this.#begin();
      return;
    }
    const { axis, at, point } = this.#start;
    this.#start = null;
    const duration = Math.max(1, performance.now() - at);
    const moved = { x: event.clientX - point.x, y: event.clientY - point.y };
    if (event.type === 'pointerup' && Math.hypot(moved.x, moved.y) < 8 && duration < 300) {
      this.#tap(event);
      return;
    }
    if (this.#scale > 1) return;
    const width = this.#stage.clientWidth;
    const far = Math.abs(moved.x) > width * SWIPE_SHARE || Math.abs(moved.x) / duration > SWIPE_SPEED;
    const direction = moved.x < 0 ? 1 : -1;
    if (axis === 'y' && Math.abs(moved.y) > DISMISS_PX) {
      this.#handlers.onDismiss();
      return;
    }
    if (axis === 'x' && far && event.type === 'pointerup' && this.#handlers.canSwipe(direction)) {
      this.#leave(direction);
      return;
    }
    this.reset(true);
  };

  /** The strip goes on to the neighbour; then the neighbour is the picture. */
  #leave(direction: 1 | -1): void {
    const arrive = (): void => {
      this.reset();
      this.#handlers.onSwipe(direction);
    };
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      arrive();
      return;
    }
    this.#shift = { x: -direction * (this.#stage.clientWidth + BETWEEN_PX), y: 0 };
    this.#apply(true);
    this.#settling = setTimeout(arrive, SETTLE_MS);
  }

  #tap(event: PointerEvent): void {
    const now = performance.now();
    if (now - this.#lastTap < DOUBLE_TAP_MS) {
      this.#lastTap = 0;
      if (this.#scale > 1) this.reset(true);
      else this.zoomBy(2.5, { x: event.clientX, y: event.clientY });
    } else this.#lastTap = now;
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.#zoomTo(this.#scale * Math.exp(-event.deltaY / 400), { x: event.clientX, y: event.clientY });
    this.#apply(false);
  };
}

const middle = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
  y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
});

const spreadOf = ([a, b]: readonly Point[]): number => (a && b ? Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)) : 1);
