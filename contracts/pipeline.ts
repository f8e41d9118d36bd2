import { builtInDescriptors } from './descriptors.data.ts';

/**
 * Version of everything that `index-photo` makes of a photo: faces, descriptors, derivatives, metadata. Raising it re-indexes
 * every photo in the background (`sweep-photos`). The job's key is `${photoId}-v${PIPELINE_VERSION}`.
 */
export const PIPELINE_VERSION = 3;

/** A descriptor space, as a client names it in `engine`: checked against a DescriptorCatalogue, see descriptors.ts. */
export type EngineId = string;

/** The built-in spaces that nobody must accept first. The first one is what photos are described with unless an admin chose another. */
export const ENGINE_IDS: readonly EngineId[] = builtInDescriptors.flatMap(({ id, notice }) =>
  notice === null ? [id] : [],
);
export const CURRENT_ENGINE: EngineId = ENGINE_IDS[0]!;

/** Numbers in a descriptor of each built-in space, those that an operator must accept first too. */
export const descriptorLengths: Readonly<Record<EngineId, number>> = Object.fromEntries(
  builtInDescriptors.map(({ id, length }) => [id, length]),
);

export const isEngineId = (text: string): text is EngineId => ENGINE_IDS.includes(text);

/** Width times height of the largest photo that is taken: the largest cameras have about 150 million. */
export const MAX_PHOTO_PIXELS = 160_000_000;

/** Why a photo could not be indexed (`photos.failure_code`). */
export const photoFailures = [
  'not_an_image',
  'truncated',
  'too_large',
  'too_small',
  'empty',
  'original_missing',
  'gave_up',
] as const;
export type PhotoFailure = (typeof photoFailures)[number];
