import { formatNumber } from '../format.ts';
import type { Catalogue } from '../i18n.ts';
import type { bibsEn } from './bibs.en.ts';

export const bibsTh: Catalogue<typeof bibsEn> = {
  bibs: {
    add: 'บิบ',
    of: (name) => `เลขบิบในภาพ ${name}`,
    title: (name) => `เลขบิบในภาพ ${name}`,
    hint: 'ใส่ทุกหมายเลขที่อ่านได้ในภาพ นักวิ่งจะค้นหาภาพด้วยเลขเหล่านี้ในหน้างาน',
    label: 'หมายเลข เว้นวรรคระหว่างกัน',
    wrong: (text) => `“${text}” ไม่ใช่เลขบิบ ใช้ตัวเลข ตัวอักษรอังกฤษ และขีด ไม่เกิน 12 ตัว`,
    importTitle: 'นำเข้าเลขบิบจากไฟล์',
    importBody:
      'ไฟล์ CSV ที่แต่ละแถวมีชื่อไฟล์และเลขบิบ ถ้ามีหลายหมายเลขให้เพิ่มแถว เพิ่มคอลัมน์ หรือเว้นวรรค ข้อมูลในไฟล์จะแทนของเดิมของภาพนั้น ภาพอื่นคงเดิม',
    importSample: 'file name,bib\nIMG_0001.JPG,1234\nIMG_0002.JPG,1234 88 A-12',
    importChoose: 'เลือกไฟล์ CSV',
    imported: (n, changed, bibs) =>
      `${formatNumber(bibs)} หมายเลขใน ${formatNumber(n)} ภาพ เปลี่ยนไป ${formatNumber(changed)} ภาพ`,
    problems: (n) => `มี ${formatNumber(n)} แถวที่ใช้ไม่ได้`,
    reasons: {
      no_such_photo: 'ไม่มีภาพชื่อนี้ที่นี่',
      several_photos: 'มีหลายภาพที่ใช้ชื่อนี้',
      not_a_bib: 'ไม่ใช่เลขบิบ',
      too_many: 'หมายเลขมากเกินไปสำหรับภาพเดียว',
    },
  },
};
