import { bibsTh } from './desk/bibs.th.ts';
import { eventsTh } from './desk/events.th.ts';
import { facesTh } from './desk/faces.th.ts';
import { salesTh } from './desk/sales.th.ts';
import { studioTh } from './desk/studio.th.ts';
import { systemTh } from './desk/system.th.ts';
import type { deskEn } from './desk.en.ts';
import type { Catalogue } from './i18n.ts';

export const deskTh: Catalogue<typeof deskEn> = {
  ...studioTh,
  ...eventsTh,
  ...facesTh,
  ...salesTh,
  ...systemTh,
  ...bibsTh,
};
