import { bibsEn } from './desk/bibs.en.ts';
import { eventsEn } from './desk/events.en.ts';
import { facesEn } from './desk/faces.en.ts';
import { salesEn } from './desk/sales.en.ts';
import { studioEn } from './desk/studio.en.ts';
import { systemEn } from './desk/system.en.ts';

/** Texts of the desks. Thai must have the same keys: see `Catalogue`. */
export const deskEn = { ...studioEn, ...eventsEn, ...facesEn, ...salesEn, ...systemEn, ...bibsEn };
