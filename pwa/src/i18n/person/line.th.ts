import type { Catalogue } from '../i18n.ts';
import type { lineEn } from './line.en.ts';

export const lineTh: Catalogue<typeof lineEn> = {
  title: 'คุณกำลังเปิดใน LINE',
  body: 'เปิดด้วยเบราว์เซอร์ของเครื่องเพื่อบันทึกภาพได้ และสิ่งที่เลือกไว้จะไม่หาย',
  bodyWithCart: 'เปิดด้วยเบราว์เซอร์ของเครื่องเพื่อบันทึกภาพได้ และสิ่งที่เลือกไว้จะไม่หาย ตะกร้าจะตามไปด้วย',
  open: 'เปิดด้วยเบราว์เซอร์',
};
