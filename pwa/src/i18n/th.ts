import type { en } from './en.ts';
import type { Catalogue } from './i18n.ts';
import { buyingTh } from './shop/buying.th.ts';
import { choosingTh } from './shop/choosing.th.ts';
import { findingTh } from './shop/finding.th.ts';
import { galleryTh } from './shop/gallery.th.ts';

export const th: Catalogue<typeof en> = { ...findingTh, ...buyingTh, ...choosingTh, ...galleryTh };
