import { z } from 'zod';
import { builtInDescriptors } from './descriptors.data.ts';

/**
 * A descriptor space: which network turns an aligned face into numbers, and what those numbers mean. Pure data: AuraFace,
 * SFace or a licensed network is a JSON file of this shape in the models folder with the network beside it, not code.
 */

/** As a client names a space in `engine`. Two descriptors are comparable only under the same id. */
export const engineId = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  .min(3)
  .max(64);

const text = z.object({ th: z.string().min(1), en: z.string().min(1) });

const tail = z.array(z.tuple([z.number().positive().max(1), z.number()])).min(2);

/** How alike strangers are in this space: between faces of different people, phone against server. */
const calibration = z.object({
  /** Cosines: the median, and the 90th percentile above it. */
  median: z.number(),
  spread: z.number().positive(),
  /** Share of strangers (left, falling) whose cosine lies at least that many spreads above the median (right, rising). */
  tail,
  /** The same for scores relative to the neighbourhood of both faces, in an event of several hundred people. */
  normalisedTail: tail,
  /** Two faces more alike than this cosine are taken for one person when people are counted. */
  samePerson: z.number().min(-1).max(1),
});

const common = {
  id: engineId,
  title: z.string().min(1).max(200),
  /** Where the weights come from, and their licence as stated there. */
  source: z.string().min(1).max(500),
  licence: z.string().min(1).max(200),
  /** Whether it is known what the weights were trained on and by whom. */
  originDocumented: z.boolean(),
  /** What an operator must accept before it is used; null when there is nothing to accept. */
  notice: text.nullable(),
  /** Numbers in a descriptor; they are of unit length together. */
  length: z.number().int().min(64).max(1024).multipleOf(4),
  calibration,
};

const networkManifest = z.object({
  ...common,
  kind: z.literal('network'),
  /** `faceapi`: quantised weights and their list as the face-api package stores them. */
  format: z.enum(['onnx', 'faceapi']),
  file: z.object({
    /** npm package and path within it; without a package, a file of the operator's models folder. */
    package: z.string().optional(),
    path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./@-]+$/),
    /** Of the file, hex. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().positive(),
  }),
  /** What goes in. Values are `(pixel - mean) * scale` with the mean in the order of `channels`. */
  input: z.object({
    side: z.number().int().min(32).max(512),
    layout: z.enum(['nchw', 'nhwc']),
    channels: z.enum(['rgb', 'bgr']),
    type: z.enum(['float32', 'uint8']),
    mean: z.array(z.number()).length(3),
    scale: z.number().positive(),
  }),
  /** How the face lies on the chip. `scale` enlarges what is seen around it: 1 is as the template says. */
  alignment: z.object({ template: z.enum(['dlib', 'arcface']), scale: z.number().min(0.5).max(2).default(1) }),
  /** Whether face and mirror image are averaged. */
  mirror: z.boolean(),
  /** Whether the mean of several slightly shifted chips is worth its time where faces are few. */
  thorough: z.boolean().default(false),
});

const fusedManifest = z.object({
  ...common,
  kind: z.literal('fused'),
  /** Unit vectors of other spaces, each times its weight, one after another, scaled to unit length. */
  parts: z
    .array(z.object({ id: engineId, weight: z.number().positive() }))
    .min(2)
    .max(4),
});

export const descriptorManifest = z.discriminatedUnion('kind', [networkManifest, fusedManifest]);
export type DescriptorManifest = z.output<typeof descriptorManifest>;
export type NetworkManifest = z.output<typeof networkManifest>;
export type FusedManifest = z.output<typeof fusedManifest>;
export type SpaceCalibration = z.output<typeof calibration>;

/** The spaces that this installation knows: the built-in ones and those of the operator's folder. */
export interface DescriptorCatalogue {
  readonly ids: readonly string[];
  readonly manifests: readonly DescriptorManifest[];
  has(id: string): boolean;
  /** Undefined when nobody knows it. */
  find(id: string): DescriptorManifest | undefined;
  /** Throws RangeError naming the id when it is not known. */
  get(id: string): DescriptorManifest;
  /** The networks that `id` needs: itself, or the parts of a fused one. Throws RangeError when one is not known. */
  networksOf(id: string): NetworkManifest[];
}

/** Throws RangeError when an id comes twice, a part is missing or fused itself, or lengths do not add up. */
export function createCatalogue(manifests: readonly DescriptorManifest[] = builtIn): DescriptorCatalogue {
  const byId = new Map<string, DescriptorManifest>();
  for (const manifest of manifests) {
    if (byId.has(manifest.id)) throw new RangeError(`two descriptor manifests are called ${manifest.id}`);
    byId.set(manifest.id, manifest);
  }
  const get = (id: string) => {
    const found = byId.get(id);
    if (!found) throw new RangeError(`no descriptor manifest is called ${id}`);
    return found;
  };
  const networksOf = (id: string): NetworkManifest[] => {
    const manifest = get(id);
    if (manifest.kind === 'network') return [manifest];
    return manifest.parts.map((part) => {
      const network = get(part.id);
      if (network.kind !== 'network') throw new RangeError(`${id} is fused of ${part.id}, which is fused itself`);
      return network;
    });
  };
  for (const manifest of manifests) {
    const sum = networksOf(manifest.id).reduce((length, network) => length + network.length, 0);
    if (sum !== manifest.length)
      throw new RangeError(`${manifest.id} has ${manifest.length} numbers, its parts ${sum}`);
  }
  return {
    ids: [...byId.keys()],
    manifests: [...byId.values()],
    has: (id) => byId.has(id),
    find: (id) => byId.get(id),
    get,
    networksOf,
  };
}

const builtIn: readonly DescriptorManifest[] = builtInDescriptors.map((manifest) => descriptorManifest.parse(manifest));
export const builtInManifests = builtIn;

/** The built-in spaces only. */
export const builtInCatalogue: DescriptorCatalogue = createCatalogue(builtIn);
