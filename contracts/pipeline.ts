/**
 * Version of everything that `index-photo` makes of a photo: faces, descriptors, derivatives, metadata. Raising it re-indexes
 * every photo in the background (`sweep-photos`). The job's key is `${photoId}-v${PIPELINE_VERSION}`.
 */
export const PIPELINE_VERSION = 1;

/**
 * Descriptor spaces that the server compares in, as a client names them in `engine`. Two descriptors are comparable only
 * under the same id. The first one is what photos are described with.
 */
export const ENGINE_IDS = ['faceapi-128-r1'] as const;
export type EngineId = (typeof ENGINE_IDS)[number];
export const CURRENT_ENGINE: EngineId = ENGINE_IDS[0];

/** Numbers in a descriptor of each engine. */
export const descriptorLengths: Readonly<Record<EngineId, number>> = { 'faceapi-128-r1': 128 };

export const isEngineId = (text: string): text is EngineId => (ENGINE_IDS as readonly string[]).includes(text);

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
