/**
 * The texts that people agree to: three plain sentences each, in both languages. The phone shows exactly these, the server
 * stores their version and SHA-256. Changing a sentence means a new version; old versions stay in `git log` and in the hash.
 */
export const consentPurposes = ['face_search', 'selfie_upload', 'hide_me', 'pre_registration', 'marketing'] as const;
export type ConsentPurpose = (typeof consentPurposes)[number];
export type ConsentLanguage = 'th' | 'en';
export interface ConsentText {
  version: string;
  sentences: Record<ConsentLanguage, readonly [string, string, string]>;
}

export const consentTexts: Record<ConsentPurpose, ConsentText> = {
  face_search: {
    version: '1',
    sentences: {
      th: [
        'อุปกรณ์ของคุณจะแปลงเซลฟี่เป็นตัวเลขที่ใช้เทียบใบหน้า โดยรูปเซลฟี่ไม่ออกจากเครื่องของคุณ',
        'เราใช้ตัวเลขนี้ค้นหาภาพของคุณในงานนี้เท่านั้น และลบทิ้งภายใน 24 ชั่วโมง',
        'คุณถอนความยินยอมได้ทุกเมื่อในหน้าความเป็นส่วนตัว และเลือกดูภาพเองได้โดยไม่ต้องให้ความยินยอมนี้',
      ],
      en: [
        'Your device turns your selfie into numbers that describe your face; the selfie itself stays on your device.',
        'We use these numbers only to find your photos of this event, and delete them within 24 hours.',
        'You can withdraw at any time on the privacy page, and you can browse the photos without agreeing to this.',
      ],
    },
  },
  selfie_upload: {
    version: '2',
    sentences: {
      th: [
        'เซลฟี่ของคุณจะออกจากเครื่องนี้ และถูกส่งมาที่เซิร์ฟเวอร์ของเราเพื่อแปลงเป็นตัวเลขที่ใช้ค้นหาภาพของคุณในงานนี้เท่านั้น',
        'รูปเซลฟี่จะถูกลบทันทีที่ค้นหาเสร็จ และตัวเลขจะถูกลบภายใน 24 ชั่วโมง',
        'คุณถอนความยินยอมได้ทุกเมื่อในหน้าความเป็นส่วนตัว และเลือกดูภาพเองได้โดยไม่ต้องให้ความยินยอมนี้',
      ],
      en: [
        'Your selfie leaves this device: it is sent to our server and turned there into numbers that find your photos of this event only.',
        'The selfie is deleted as soon as the search is done, the numbers within 24 hours.',
        'You can withdraw at any time on the privacy page, and you can browse the photos without agreeing to this.',
      ],
    },
  },
  hide_me: {
    version: '2',
    sentences: {
      th: [
        'เราจะใช้เซลฟี่ของคุณค้นหาภาพที่มีคุณในงานนี้เพื่อซ่อนใบหน้าของคุณจากการค้นหา',
        'ใบหน้าที่ตรงกับคุณแน่นอนจะถูกซ่อนทันทีและทีมงานจะตรวจสอบส่วนที่เหลือ เราลบตัวเลขนี้เมื่อหมดระยะเวลาเก็บภาพของงาน',
        'คุณยกเลิกคำขอนี้ได้ทุกเมื่อในหน้าความเป็นส่วนตัว',
      ],
      en: [
        'We use your selfie to find the photos of this event that show you, so that your face is hidden from search.',
        'Faces that surely are yours are hidden at once and a person checks the rest; the numbers are deleted when the event’s retention period ends.',
        'You can withdraw this request at any time on the privacy page.',
      ],
    },
  },
  pre_registration: {
    version: '1',
    sentences: {
      th: [
        'อุปกรณ์ของคุณจะแปลงเซลฟี่เป็นตัวเลข และเราจะเก็บตัวเลขนี้ไว้จนจบงานเพื่อแจ้งเมื่อมีภาพของคุณ',
        'เราใช้ตัวเลขนี้กับงานนี้เท่านั้น และลบทิ้งภายใน 7 วันหลังจบงาน',
        'คุณถอนความยินยอมได้ทุกเมื่อในหน้าความเป็นส่วนตัว',
      ],
      en: [
        'Your device turns your selfie into numbers, which we keep until the event is over to tell you when photos of you arrive.',
        'We use these numbers for this event only and delete them within 7 days after it ends.',
        'You can withdraw at any time on the privacy page.',
      ],
    },
  },
  marketing: {
    version: '1',
    sentences: {
      th: [
        'เราจะส่งข่าวเกี่ยวกับงานใหม่และข้อเสนอพิเศษทางอีเมล',
        'เราไม่ส่งที่อยู่อีเมลของคุณให้ผู้อื่น',
        'คุณยกเลิกได้ทุกเมื่อในหน้าความเป็นส่วนตัวหรือจากลิงก์ในอีเมล',
      ],
      en: [
        'We send you news of coming events and special offers by e-mail.',
        'We do not pass your e-mail address on to anybody.',
        'You can stop this at any time on the privacy page or by the link in each e-mail.',
      ],
    },
  },
};

/** What is hashed: purpose, version, language and the sentences, one a line. */
export const consentWording = (purpose: ConsentPurpose, language: ConsentLanguage): string =>
  [purpose, consentTexts[purpose].version, language, ...consentTexts[purpose].sentences[language]].join('\n');
