/**
 * What the server writes into the first document and the app then takes over: words, dates and pictures must be the same on both
 * sides, or the page would jump.
 */
export type ScreenLanguage = 'th' | 'en';

export const firstScreenTexts = {
  en: {
    skip: 'Skip to content',
    home: 'Home',
    menu: 'Menu',
    signIn: 'Sign in',
    cartEmpty: 'Cart, empty',
    switchTo: 'ภาษาไทย',
    switchShort: 'ไทย',
    title: ['One selfie.', 'Every photo of you.'] as readonly string[],
    lead: 'Find yourself among thousands of event photos in seconds. Your selfie never leaves your phone.',
    steps: ['Open your event', 'Take one selfie', 'Take your photos home'] as readonly string[],
    events: 'Events',
    findMe: 'Find my photos',
    findMeHint: 'One selfie. It stays on this phone.',
  },
  th: {
    skip: 'ข้ามไปยังเนื้อหา',
    home: 'หน้าแรก',
    menu: 'เมนู',
    signIn: 'เข้าสู่ระบบ',
    cartEmpty: 'ตะกร้าว่าง',
    switchTo: 'English',
    switchShort: 'EN',
    title: ['เซลฟี่เดียว', 'เจอทุกภาพของคุณ'] as readonly string[],
    lead: 'ค้นหาตัวเองจากภาพงานนับพันภาพได้ในไม่กี่วินาที โดยเซลฟี่ไม่ออกจากโทรศัพท์ของคุณ',
    steps: ['เปิดงานของคุณ', 'ถ่ายเซลฟี่หนึ่งครั้ง', 'รับภาพกลับบ้าน'] as readonly string[],
    events: 'งานทั้งหมด',
    findMe: 'ค้นหาภาพของฉัน',
    findMeHint: 'แค่เซลฟี่เดียว และภาพจะอยู่ในเครื่องนี้เท่านั้น',
  },
} satisfies Record<ScreenLanguage, unknown>;

/** "1 photo", "1,204 photos" / "1,204 ภาพ" */
export function photoCountText(count: number, language: ScreenLanguage): string {
  const number = new Intl.NumberFormat(language === 'th' ? 'th-TH' : 'en-GB').format(count);
  return language === 'th' ? `${number} ภาพ` : `${number} ${count === 1 ? 'photo' : 'photos'}`;
}

const dayFormats = new Map<ScreenLanguage, Intl.DateTimeFormat>();

/** "14 November 2026" / "14 พฤศจิกายน 2569", the day in Bangkok. */
export function longDay(moment: string | number | Date, language: ScreenLanguage): string {
  let format = dayFormats.get(language);
  if (!format) {
    const locale = language === 'th' ? 'th-TH-u-ca-buddhist' : 'en-GB';
    format = new Intl.DateTimeFormat(locale, {
      timeZone: 'Asia/Bangkok',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
    });
    dayFormats.set(language, format);
  }
  return (
    format
      .formatToParts(moment instanceof Date ? moment : new Date(moment))
      // Thai otherwise writes the era name "พ.ศ." before the year, longer than a card is wide.
      .filter((part) => part.type !== 'era')
      .map((part) => part.value)
      .join('')
      .replace(/\s+/g, ' ')
      .trim()
  );
}

/** Widths, in pixels, in which the cover of an event is served as WebP. */
export const coverWidths = [640, 960, 1280, 1920] as const;
export type CoverWidth = (typeof coverWidths)[number];

/** Address of an event's cover; `photoId` is part of it, so that another cover is another address. */
export const coverUrl = (eventId: string, photoId: string, width: CoverWidth): string =>
  `/api/events/${eventId}/cover/${width}?photo=${photoId}`;
export const coverSrcset = (eventId: string, photoId: string): string =>
  coverWidths.map((width) => `${coverUrl(eventId, photoId, width)} ${width}w`).join(', ');
/** The photo behind an event's `coverUrl`; null for one of another shape. */
export const photoIdOf = (url: string): string | null => /^\/api\/photos\/([0-9a-f-]{36})(\/|$)/.exec(url)?.[1] ?? null;

/** The id of the JSON in the document that holds answers of the API for the first page: `{ [address]: answer }`. */
export const FIRST_ANSWERS_ID = 'px-first';
/** How many photos of an event come with its page: the first page of the list. */
export const FIRST_PHOTOS = 60;
