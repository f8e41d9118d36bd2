import { deskEn } from './desk.en.ts';
import { deskTh } from './desk.th.ts';
import { messages } from './i18n.ts';

/** The texts of the desks (photographer, admin, organizer); they come with the desks' own chunks. */
export const d = messages(deskEn, deskTh);
