import { rgbImage } from '#face/image.ts';
import { CHIP_SIZE, type FaceEngine, LANDMARK_SIZE, SSD_SIZE } from '#face/types.ts';

export type Priority = 'high' | 'normal';
export interface SharedEngine {
  readonly name: string;
  /** Runs `work` alone with the engine; `high` goes before all `normal` that wait. */
  use<T>(priority: Priority, work: (engine: FaceEngine) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/** Engine calls must not overlap: jobs take turns, searches first. */
export function shareEngine(engine: FaceEngine): SharedEngine {
  const waiting: Record<Priority, Array<() => void>> = { high: [], normal: [] };
  let isBusy = false;

  async function take(priority: Priority): Promise<void> {
    if (!isBusy) {
      isBusy = true;
      return;
    }
    await new Promise<void>((resolve) => waiting[priority].push(resolve));
  }
  function release(): void {
    const next = waiting.high.shift() ?? waiting.normal.shift();
    if (next) next();
    else isBusy = false;
  }
  return {
    name: engine.name,
    async use(priority, work) {
      await take(priority);
      try {
        return await work(engine);
      } finally {
        release();
      }
    },
    dispose: () => engine.dispose(),
  };
}

/** Loads every network and runs it once, so that the first photo and the first search are not slower than the second. */
export async function warmUp(engine: FaceEngine): Promise<void> {
  const blank = (side: number) => rgbImage(new Uint8Array(side * side * 3), side, side);
  await engine.detectSsd([blank(SSD_SIZE)], 0.99);
  await engine.detectTiny(blank(416), 0.99);
  await engine.landmarks([blank(LANDMARK_SIZE)]);
  await engine.embed([blank(CHIP_SIZE)]);
}
