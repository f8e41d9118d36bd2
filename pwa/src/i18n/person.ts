import { messages } from './i18n.ts';
import { hideEn } from './person/hide.en.ts';
import { hideTh } from './person/hide.th.ts';
import { noticesEn } from './person/notices.en.ts';
import { noticesTh } from './person/notices.th.ts';
import { securityEn } from './person/security.en.ts';
import { securityTh } from './person/security.th.ts';

/** The person's own corner (notices, settings, privacy, sign-in); it comes with those pages, not with the first photos. */
export const p = messages({ ...noticesEn, ...hideEn, ...securityEn }, { ...noticesTh, ...hideTh, ...securityTh });
