import type { ScreenLanguage } from '#contracts/first-screen.ts';

/** What search engines and messengers show of a page. */
export const pageTexts = {
  en: {
    home: 'Photos of runs, concerts and weddings in Thailand. Find every photo of you with one selfie and take the originals home.',
    event: (name: string, day: string, place: string) =>
      `Photos of ${name}, ${[day, place].filter(Boolean).join(', ')}. Find every photo of you with one selfie.`,
    closedTitle: 'An event with a code',
    closed: 'This event opens with its access code.',
    findTitle: (name: string) => `Find my photos: ${name}`,
    notFoundTitle: 'Nothing hangs on this wall',
    notFound: 'This address may be old or mistyped.',
    privacy: 'Privacy',
    privacyText: 'What ThePixStock keeps about you, why, for how long, and how to have it deleted.',
    terms: 'Terms',
    termsText: 'The terms under which ThePixStock sells photos of events.',
    portfolio: (name: string) => `${name}: photographs of events. See the latest photos and find yourself in them.`,
    photographers: 'Photographers',
    shareTitle: (event: string) => `A photo from ${event}`,
    share: (event: string) => `From ${event}. Were you there, too? Find your own photos with one selfie.`,
    events: 'Events',
  },
  th: {
    home: 'ภาพงานวิ่ง คอนเสิร์ต และงานแต่งงานทั่วไทย ค้นหาภาพของคุณทุกภาพด้วยเซลฟี่เดียว แล้วรับภาพต้นฉบับกลับบ้าน',
    event: (name: string, day: string, place: string) =>
      `ภาพจากงาน ${name} ${[day, place].filter(Boolean).join(' ')} ค้นหาภาพของคุณทุกภาพด้วยเซลฟี่เดียว`,
    closedTitle: 'งานที่เปิดด้วยรหัส',
    closed: 'งานนี้เปิดดูด้วยรหัสเข้าชม',
    findTitle: (name: string) => `ค้นหาภาพของฉัน: ${name}`,
    notFoundTitle: 'ผนังนี้ยังไม่มีภาพ',
    notFound: 'ที่อยู่นี้อาจเก่าหรือพิมพ์ผิด',
    privacy: 'ความเป็นส่วนตัว',
    privacyText: 'ThePixStock เก็บข้อมูลอะไรเกี่ยวกับคุณ เพราะอะไร นานเท่าใด และขอให้ลบได้อย่างไร',
    terms: 'ข้อกำหนด',
    termsText: 'ข้อกำหนดการขายภาพจากงานต่างๆ ของ ThePixStock',
    portfolio: (name: string) => `${name} ช่างภาพงานอีเวนต์ ชมภาพล่าสุดและค้นหาตัวคุณในภาพ`,
    photographers: 'ช่างภาพ',
    shareTitle: (event: string) => `ภาพจากงาน ${event}`,
    share: (event: string) => `จากงาน ${event} คุณอยู่ที่นั่นด้วยหรือไม่ ค้นหาภาพของคุณด้วยเซลฟี่เดียว`,
    events: 'งานทั้งหมด',
  },
} satisfies Record<ScreenLanguage, unknown>;
