import { formatNumber } from '../format.ts';
import type { Catalogue } from '../i18n.ts';
import type { galleryEn } from './gallery.en.ts';

const photos = (n: number): string => `${formatNumber(n)} ภาพ`;

export const galleryTh: Catalogue<typeof galleryEn> = {
  gallery: {
    rail: 'ช่วงเวลา',
    filters: 'กรองภาพ',
    time: 'เวลา',
    timeTitle: 'คุณอยู่ที่นั่นตอนไหน',
    timeHint: 'แตะหนึ่งชั่วโมง หรือแตะอีกชั่วโมงเพื่อเลือกทั้งช่วง',
    hour: (time, n) => `เวลา ${time} ${photos(n)}`,
    bib: 'เลขบิบ',
    bibTitle: 'บิบหมายเลขอะไร',
    bibHint: 'ตามที่พิมพ์บนบิบ เช่น 1234 หรือ A-56',
    bibShow: 'ดูภาพ',
    bibWrong: 'ใช้ได้เฉพาะตัวเลขและตัวอักษรอังกฤษ ไม่เกิน 12 ตัว',
    by: 'ช่างภาพ',
    byTitle: 'ภาพของใคร',
    without: (what) => `ไม่กรองด้วย ${what}`,
    clear: 'กลับไปดูทุกภาพ',
    found: (n, of) => `${formatNumber(n)} จาก ${photos(of)}`,
    bibChip: (bib) => `บิบ ${bib}`,
    none: 'ไม่มีภาพที่ตรง',
    noneBody: 'ลองเอาเงื่อนไขออกสักข้อ หรือหาภาพด้วยเซลฟี่',
    bibNone: (bib) => `ยังไม่มีภาพของบิบ ${bib}`,
    bibNoneBody: 'บางภาพอ่านเลขบิบไม่ได้ เซลฟี่ช่วยหาคุณได้โดยไม่ต้องใช้เลข',
    sharePhoto: 'แชร์ภาพนี้',
    sharePhotoText: (name) => `ภาพจากงาน ${name}`,
    keys: 'ปุ่มลูกศรดูภาพถัดไป ปุ่มบวกและลบขยายหรือย่อ ปุ่ม Escape ปิด',
  },
  favorites: {
    title: 'ภาพโปรด',
    add: 'เก็บเป็นภาพโปรด',
    remove: 'ภาพโปรด',
    header: (n) => (n === 0 ? 'ภาพโปรด ยังไม่มี' : `ภาพโปรด ${photos(n)}`),
    count: photos,
    none: 'ยังไม่มีภาพโปรด',
    noneBody: 'แตะหัวใจบนภาพ แล้วภาพจะเก็บไว้ที่นี่ แม้ไม่มีสัญญาณ',
    toEvents: 'ไปที่งานต่าง ๆ',
    addAll: (n) => (n === 1 ? 'ใส่ตะกร้า' : `ใส่ตะกร้าทั้ง ${photos(n)}`),
    allAdded: 'ภาพเหล่านี้อยู่ในตะกร้าแล้ว',
    added: (n) => `ใส่ตะกร้าแล้ว ${photos(n)}`,
    waiting: 'ภาพที่เก็บจากเครื่องอื่นจะปรากฏเมื่อมีสัญญาณ',
    otherEvent: 'งานอื่น',
  },
};
