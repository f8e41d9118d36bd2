import { buyingEn } from './shop/buying.en.ts';
import { choosingEn } from './shop/choosing.en.ts';
import { findingEn } from './shop/finding.en.ts';
import { galleryEn } from './shop/gallery.en.ts';

/** The attendee's texts. Thai must have the same keys: see `Catalogue`. */
export const en = { ...findingEn, ...buyingEn, ...choosingEn, ...galleryEn };
