import { builtInCatalogue, type DescriptorCatalogue } from '#contracts/descriptors.ts';
import { rgbImage } from '#face/image.ts';
import { createOnnxRecogniser } from '#face/node/recognition.ts';
import { createRecognition, faceApiRecogniser, type Recogniser, type Recognition } from '#face/recogniser.ts';
import { CHIP_SIZE, type FaceEngine, LANDMARK_SIZE, SSD_SIZE } from '#face/types.ts';

export type Priority = 'high' | 'normal';
export interface SharedEngine {
  readonly name: string;
  /** Runs `work` alone with the engine; `high` goes before all `normal` that wait. */
  use<T>(priority: Priority, work: (engine: FaceEngine) => Promise<T>): Promise<T>;
  /**
   * What describes faces in these descriptor spaces, in this order; networks are opened when first asked for. To be used
   * inside `use` only. Throws RangeError for a space that is not known, DescriptorError for a network that cannot be opened.
   */
  recognition(spaces: readonly string[]): Promise<Recognition>;
  dispose(): Promise<void>;
}

/** Engine calls must not overlap: jobs take turns, searches first. `modelsDir`: the operator's networks. */
export function shareEngine(
  engine: FaceEngine,
  options: { catalogue?: DescriptorCatalogue; modelsDir?: string } = {},
): SharedEngine {
  const { catalogue = builtInCatalogue } = options;
  const opened = new Map<string, Promise<Recogniser>>();
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
  function open(id: string): Promise<Recogniser> {
    let recogniser = opened.get(id);
    if (!recogniser) {
      const manifest = catalogue.networksOf(id)[0]!;
      recogniser =
        manifest.format === 'faceapi'
          ? Promise.resolve({ ...faceApiRecogniser(engine), manifest })
          : createOnnxRecogniser(manifest, options);
      opened.set(id, recogniser);
      // A file that was missing may be there the next time.
      recogniser.catch(() => opened.delete(id));
    }
    return recogniser;
  }
  return {
    name: engine.name,
    async recognition(spaces) {
      const wanted = spaces.map((id) => catalogue.get(id));
      const networks = [...new Set(spaces.flatMap((id) => catalogue.networksOf(id).map((network) => network.id)))];
      return createRecognition(wanted, await Promise.all(networks.map(open)));
    },
    async use(priority, work) {
      await take(priority);
      try {
        return await work(engine);
      } finally {
        release();
      }
    },
    async dispose() {
      for (const recogniser of await Promise.allSettled(opened.values()))
        if (recogniser.status === 'fulfilled') await recogniser.value.dispose();
      await engine.dispose();
    },
  };
}

/** Loads every network and runs it once, so that the first photo and the first search are not slower than the second. */
export async function warmUp(engine: FaceEngine): Promise<void> {
  const blank = (side: number) => rgbImage(new Uint8Array(side * side * 3), side, side);
  await engine.detectSsd([blank(SSD_SIZE)], 0.99);
  await engine.detectFar?.(blank(192), 0.99);
  await engine.detectCrowd?.(blank(192), 0.99);
  await engine.detectTiny(blank(416), 0.99);
  await engine.landmarks([blank(LANDMARK_SIZE)]);
  await engine.embed([blank(CHIP_SIZE)]);
}
