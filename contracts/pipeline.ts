/**
 * Version of everything that `index-photo` makes of a photo: faces, descriptors, derivatives. Raising it re-indexes every
 * photo in the background (`sweep-photos`). The job's key is `${photoId}-v${PIPELINE_VERSION}`.
 */
export const PIPELINE_VERSION = 1;
