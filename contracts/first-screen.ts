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

// Without Intl: making its first formatter takes a phone 20 to 80 ms, in the middle of the first picture. Numbers are grouped alike in both
// languages, and Bangkok is seven hours ahead all year.

/** "1,204" for whole numbers. */
export const groupDigits = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** "1 photo", "1,204 photos" / "1,204 ภาพ" */
export const photoCountText = (count: number, language: ScreenLanguage): string =>
  `${groupDigits(count)} ${language === 'th' ? 'ภาพ' : count === 1 ? 'photo' : 'photos'}`;

const months = {
  en: 'January February March April May June July August September October November December'.split(' '),
  th: 'มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม'.split(' '),
};
const BANGKOK_MS = 7 * 3_600_000;
const BUDDHIST_YEARS = 543;

/** A moment as Bangkok's calendar has it, in the UTC fields of a date. */
export const inBangkok = (moment: string | number | Date): Date => new Date(new Date(moment).getTime() + BANGKOK_MS);

/** "14 November 2026" / "14 พฤศจิกายน 2569", the day in Bangkok. */
export function longDay(moment: string | number | Date, language: ScreenLanguage): string {
  const date = inBangkok(moment);
  const year = date.getUTCFullYear() + (language === 'th' ? BUDDHIST_YEARS : 0);
  return `${date.getUTCDate()} ${months[language][date.getUTCMonth()]} ${year}`;
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
