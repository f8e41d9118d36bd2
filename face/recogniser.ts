import { faceApiDescriptor } from '#contracts/descriptors.data.ts';
import type { DescriptorManifest, NetworkManifest } from '#contracts/descriptors.ts';
import { cutFace } from './align.ts';
import { meanDescriptor, normalize } from './descriptor.ts';
import { mirror, type Pyramid } from './image.ts';
import type { LocatedFace } from './landmarks.ts';
import type { FaceEngine, RgbImage } from './types.ts';

/** The port of a descriptor network. Calls on one recogniser must not overlap unless its maker says otherwise. */
export interface Recogniser {
  readonly manifest: NetworkManifest;
  /** Chips of `manifest.input.side` pixels. One vector of `manifest.length` each, as the network gives it: not of unit length. */
  embed(chips: readonly RgbImage[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Which descriptors to compute, and with what. One detection serves them all, and a fused one costs nothing beside its parts. */
export interface Recognition {
  /** In this order; the first is the one that `DescribedFace.descriptor` answers. */
  readonly wanted: readonly DescriptorManifest[];
  /** By id: every network that `wanted` needs. */
  readonly networks: ReadonlyMap<string, Recogniser>;
}

/** Throws RangeError when `wanted` is empty or needs a network that is not there. */
export function createRecognition(
  wanted: readonly DescriptorManifest[],
  recognisers: readonly Recogniser[],
): Recognition {
  const networks = new Map(recognisers.map((recogniser) => [recogniser.manifest.id, recogniser]));
  if (wanted.length === 0) throw new RangeError('no descriptor is wanted');
  for (const id of wanted.flatMap(networkIds))
    if (!networks.has(id)) throw new RangeError(`there is no network for ${id}`);
  return { wanted, networks };
}

const networkIds = (manifest: DescriptorManifest): string[] =>
  manifest.kind === 'network' ? [manifest.id] : manifest.parts.map(({ id }) => id);

/** face-api's own recognition network, which every face engine carries. */
export function faceApiRecogniser(engine: Pick<FaceEngine, 'embed'>): Recogniser {
  return { manifest: faceApiDescriptor, embed: (chips) => engine.embed(chips), dispose: async () => undefined };
}

/** The default descriptor alone. */
export function defaultRecognition(engine: Pick<FaceEngine, 'embed'>): Recognition {
  const recogniser = faceApiRecogniser(engine);
  return createRecognition([recogniser.manifest], [recogniser]);
}

/** Where the chips of a thorough look lie, in shares of the side: around the place of the only one. */
const SHIFTS = [0, 120, 240].map((degrees) => {
  const angle = (degrees * Math.PI) / 180;
  return { x: 0.027 * Math.cos(angle), y: 0.027 * Math.sin(angle) };
});

/**
 * Unit descriptors of located faces, by the id of their space. `thorough`: the mean of three slightly shifted chips for networks
 * that gain by it (manifest `thorough`); three times the time, the same space.
 */
export async function recognise(
  picture: Pyramid,
  faces: readonly LocatedFace[],
  { wanted, networks }: Recognition,
  options: { thorough?: boolean } = {},
): Promise<Array<Record<string, Float32Array>>> {
  const byNetwork = new Map<string, Float32Array[]>();
  for (const id of new Set(wanted.flatMap(networkIds))) {
    const recogniser = networks.get(id)!;
    const { alignment, input, thorough } = recogniser.manifest;
    const shifts = options.thorough && thorough ? SHIFTS : [{ x: 0, y: 0 }];
    const chips = faces.flatMap((face) =>
      shifts.map((shift) => cutFace(picture, face, { ...alignment, side: input.side, shift })),
    );
    const described = await describeChips(chips, recogniser);
    byNetwork.set(
      id,
      faces.map((_, i) => meanDescriptor(described.slice(i * shifts.length, (i + 1) * shifts.length))),
    );
  }
  return faces.map((_, i) =>
    Object.fromEntries(
      wanted.map((manifest) => [
        manifest.id,
        manifest.kind === 'network'
          ? byNetwork.get(manifest.id)![i]!
          : fuse(manifest.parts.map(({ id, weight }) => ({ vector: byNetwork.get(id)![i]!, weight }))),
      ]),
    ),
  );
}

/** Describes aligned chips: the mean of each chip and its mirror image where the manifest says so, scaled to length 1. */
export async function describeChips(chips: readonly RgbImage[], recogniser: Recogniser): Promise<Float32Array[]> {
  if (chips.length === 0) return [];
  if (!recogniser.manifest.mirror) return (await recogniser.embed(chips)).map(normalize);
  const raw = await recogniser.embed(chips.flatMap((chip) => [chip, mirror(chip)]));
  return chips.map((_, i) => normalize(raw[2 * i]!.map((value, k) => value + raw[2 * i + 1]![k]!)));
}

/** Weighted unit vectors one after another, scaled to length 1: its cosine is the mean of theirs, weighted by squares. */
export function fuse(parts: ReadonlyArray<{ vector: ArrayLike<number>; weight: number }>): Float32Array {
  return normalize(parts.flatMap(({ vector, weight }) => Array.from(vector, (value) => value * weight)));
}

/** Chips as one network input, batch first. Throws RangeError on a chip of another size. */
export function toNetworkInput(
  chips: readonly RgbImage[],
  input: NetworkManifest['input'],
): { data: Float32Array | Uint8Array; dims: number[] } {
  const { side, layout, channels, type, mean, scale } = input;
  const plane = side * side;
  const data = new (type === 'uint8' ? Uint8Array : Float32Array)(chips.length * plane * 3);
  const order = channels === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  for (const [n, chip] of chips.entries()) {
    if (chip.width !== side || chip.height !== side)
      throw new RangeError(`the network wants ${side}x${side} pixels, not ${chip.width}x${chip.height}`);
    for (const [c, from] of order.entries()) {
      const shift = mean[c]!;
      for (let i = 0; i < plane; i++) {
        const at = layout === 'nchw' ? (n * 3 + c) * plane + i : (n * plane + i) * 3 + c;
        data[at] = (chip.data[i * 3 + from]! - shift) * scale;
      }
    }
  }
  return { data, dims: layout === 'nchw' ? [chips.length, 3, side, side] : [chips.length, side, side, 3] };
}
