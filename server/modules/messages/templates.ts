/**
 * The e-mails we send, in both languages. Body: paragraphs parted by empty lines; a line that is only `[label]({{link}})`
 * is a button. `{{name}}` takes a value of the payload; names ending in Satang are shown as baht. Admins may replace
 * subject and body (table email_templates).
 */
export interface TemplateText {
  subject: string;
  body: string;
}
export interface Template {
  variables: readonly string[];
  /** Values for the preview. */
  example: Record<string, string | number>;
  th: TemplateText;
  en: TemplateText;
}

const link = 'https://example.test/';
const template = <const V extends readonly string[]>(
  variables: V,
  example: { [K in V[number]]: string | number },
  texts: { th: TemplateText; en: TemplateText },
): Template => ({ variables, example, ...texts });

export const templates = {
  'auth.verify': template(
    ['link'],
    { link },
    {
      th: {
        subject: 'ยืนยันอีเมลของคุณ',
        body: 'สวัสดี\n\nกดปุ่มด้านล่างเพื่อยืนยันอีเมลและเข้าใช้งาน ThePixStock ลิงก์ใช้ได้ 24 ชั่วโมง\n\n[ยืนยันอีเมล]({{link}})\n\nหากคุณไม่ได้สมัครสมาชิก ไม่ต้องกดลิงก์นี้ และไม่ต้องทำอะไรเพิ่มเติม',
      },
      en: {
        subject: 'Confirm your e-mail',
        body: 'Hello,\n\nPress the button to confirm your e-mail and start using ThePixStock. The link works for 24 hours.\n\n[Confirm e-mail]({{link}})\n\nIf you did not register, do not open the link; there is nothing else to do.',
      },
    },
  ),
  'auth.reset': template(
    ['link'],
    { link },
    {
      th: {
        subject: 'ตั้งรหัสผ่านใหม่',
        body: 'สวัสดี\n\nมีการขอตั้งรหัสผ่านใหม่สำหรับบัญชีของคุณ ลิงก์ใช้ได้ 1 ชั่วโมงและใช้ได้ครั้งเดียว\n\n[ตั้งรหัสผ่านใหม่]({{link}})\n\nหากคุณไม่ได้ขอ ไม่ต้องทำอะไร รหัสผ่านเดิมยังใช้ได้',
      },
      en: {
        subject: 'Set a new password',
        body: 'Hello,\n\nSomebody asked for a new password for your account. The link works once, within one hour.\n\n[Set a new password]({{link}})\n\nIf it was not you, there is nothing to do: your password stays as it is.',
      },
    },
  ),
  'auth.exists': template(
    ['link'],
    { link },
    {
      th: {
        subject: 'คุณมีบัญชีอยู่แล้ว',
        body: 'สวัสดี\n\nมีการสมัครสมาชิกด้วยอีเมลนี้ แต่คุณมีบัญชี ThePixStock อยู่แล้ว เข้าสู่ระบบได้เลย หรือตั้งรหัสผ่านใหม่หากลืม\n\n[เข้าสู่ระบบ]({{link}})\n\nหากไม่ใช่คุณ ไม่ต้องทำอะไร',
      },
      en: {
        subject: 'You have an account already',
        body: 'Hello,\n\nSomebody registered with this address, but you have a ThePixStock account already. Just sign in, or set a new password if you forgot it.\n\n[Sign in]({{link}})\n\nIf it was not you, there is nothing to do.',
      },
    },
  ),
  'order.paid': template(
    ['orderNumber', 'link', 'photoCount', 'totalSatang'],
    { orderNumber: 'TPS-261122-000001', link, photoCount: 5, totalSatang: 25_000 },
    {
      th: {
        subject: 'ภาพของคุณพร้อมแล้ว · {{orderNumber}}',
        body: 'ขอบคุณสำหรับการสั่งซื้อ\n\nเราได้รับชำระเงิน {{totalSatang}} แล้ว ภาพต้นฉบับ {{photoCount}} ภาพพร้อมให้ดาวน์โหลด\n\n[ดาวน์โหลดภาพ]({{link}})\n\nเลขที่คำสั่งซื้อ {{orderNumber}} เก็บอีเมลนี้ไว้เพื่อกลับมาดาวน์โหลดได้อีก',
      },
      en: {
        subject: 'Your photos are ready · {{orderNumber}}',
        body: 'Thank you for your order.\n\nWe received {{totalSatang}}. {{photoCount}} original {{photoCount|photo is|photos are}} ready.\n\n[Download photos]({{link}})\n\nOrder {{orderNumber}}. Keep this e-mail: the link brings you back to your photos.',
      },
    },
  ),
  'order.arrived': template(
    ['orderNumber', 'link', 'photoCount', 'waitingCount'],
    { orderNumber: 'TPS-261122-000001', link, photoCount: 3, waitingCount: 2 },
    {
      th: {
        subject: 'ภาพต้นฉบับมาถึงแล้ว {{photoCount}} ภาพ · {{orderNumber}}',
        body: 'ภาพต้นฉบับที่ยังอยู่กับช่างภาพตอนที่คุณสั่งซื้อ มาถึงแล้ว {{photoCount}} ภาพ ดาวน์โหลดได้เลย\n\n[ดาวน์โหลดภาพ]({{link}})\n\nยังรออีก {{waitingCount}} ภาพ มาถึงเมื่อไรเราจะแจ้งทางอีเมลนี้',
      },
      en: {
        subject: '{{photoCount}} of your original {{photoCount|photo|photos}} arrived · {{orderNumber}}',
        body: 'Originals that were still with the photographer when you ordered have arrived: {{photoCount}}. They are ready to download.\n\n[Download photos]({{link}})\n\nStill on their way: {{waitingCount}}. We write again when they arrive.',
      },
    },
  ),
  'photos.found': template(
    ['photoCount', 'eventNameTh', 'eventNameEn', 'link'],
    { photoCount: 3, eventNameTh: 'กรุงเทพมาราธอน', eventNameEn: 'Bangkok Marathon', link },
    {
      th: {
        subject: 'พบภาพใหม่ของคุณ {{photoCount}} ภาพ · {{eventNameTh}}',
        body: 'ช่างภาพส่งภาพเพิ่มเข้ามา และเราพบคุณในภาพใหม่ {{photoCount}} ภาพ\n\n[ดูภาพของคุณ]({{link}})\n\nปิดการแจ้งเตือนนี้ได้ในหน้าบัญชีของคุณ',
      },
      en: {
        subject: '{{photoCount}} new {{photoCount|photo|photos}} of you · {{eventNameEn}}',
        body: 'More photos came in, and you are in {{photoCount}} of them.\n\n[See your photos]({{link}})\n\nYou can switch this off in your account.',
      },
    },
  ),
  'refund.requested': template(
    ['orderNumber', 'amountSatang'],
    { orderNumber: 'TPS-261122-000001', amountSatang: 6_000 },
    {
      th: {
        subject: 'ได้รับคำขอคืนเงินแล้ว · {{orderNumber}}',
        body: 'เราได้รับคำขอคืนเงิน {{amountSatang}} สำหรับคำสั่งซื้อ {{orderNumber}} แล้ว\n\nทีมงานจะตรวจสอบและแจ้งผลทางอีเมลนี้',
      },
      en: {
        subject: 'We received your refund request · {{orderNumber}}',
        body: 'We received your request to refund {{amountSatang}} of order {{orderNumber}}.\n\nA person looks at it and answers by e-mail.',
      },
    },
  ),
  'refund.decided': template(
    ['orderNumber', 'status', 'amountSatang'],
    { orderNumber: 'TPS-261122-000001', status: 'approved', amountSatang: 6_000 },
    {
      th: {
        subject: 'ผลคำขอคืนเงิน · {{orderNumber}}',
        body: 'คำขอคืนเงิน {{amountSatang}} ของคำสั่งซื้อ {{orderNumber}}: {{status}}',
      },
      en: {
        subject: 'About your refund · {{orderNumber}}',
        body: 'Your request to refund {{amountSatang}} of order {{orderNumber}} was {{status}}.',
      },
    },
  ),
  'event.announcement': template(
    ['subject', 'body', 'link'],
    { subject: 'ประตูเปิดแล้ว', body: 'พบกันที่เส้นชัย', link: 'https://example.test/e/demo' },
    {
      th: { subject: '{{subject}}', body: '{{body}}\n\n[เปิดหน้างาน]({{link}})' },
      en: { subject: '{{subject}}', body: '{{body}}\n\n[Open the event]({{link}})' },
    },
  ),
  'payout.paid': template(
    ['amountSatang', 'number'],
    { amountSatang: 123_450, number: 'PAY-261122-000001' },
    {
      th: {
        subject: 'โอนรายได้ให้คุณแล้ว',
        body: 'เราโอนรายได้ {{amountSatang}} เข้าบัญชีธนาคารของคุณแล้ว ดูรายละเอียดได้ในหน้ารายได้',
      },
      en: {
        subject: 'Your earnings are on their way',
        body: 'We transferred {{amountSatang}} to your bank account. The statement is on your earnings page.',
      },
    },
  ),
  'payout.failed': template(
    ['amountSatang', 'number', 'reason'],
    { amountSatang: 123_450, number: 'PAY-261122-000001', reason: 'เลขที่บัญชีไม่ถูกต้อง' },
    {
      th: {
        subject: 'โอนรายได้ไม่สำเร็จ · {{number}}',
        body: 'ธนาคารโอนรายได้ {{amountSatang}} ให้คุณไม่สำเร็จ\n\nเหตุผล: {{reason}}\n\nโปรดตรวจสอบบัญชีธนาคารของคุณ ยอดนี้กลับไปรอจ่ายในรอบถัดไป',
      },
      en: {
        subject: 'Your earnings could not be transferred · {{number}}',
        body: 'The bank could not transfer {{amountSatang}} to you.\n\nReason: {{reason}}\n\nPlease check your bank account. The amount waits for the next payout.',
      },
    },
  ),
  'privacy.decided': template(
    ['kind', 'status', 'decision'],
    { kind: 'access', status: 'completed', decision: '-' },
    {
      th: {
        subject: 'ผลคำขอด้านข้อมูลส่วนบุคคล',
        body: 'คำขอของคุณ ({{kind}}): {{status}}\n\n{{decision}}',
      },
      en: { subject: 'About your privacy request', body: 'Your request ({{kind}}): {{status}}.\n\n{{decision}}' },
    },
  ),
} as const satisfies Record<string, Template>;

export type TemplateKey = keyof typeof templates;
export const templateKeys = Object.keys(templates) as TemplateKey[];
export const isTemplateKey = (key: string): key is TemplateKey => Object.hasOwn(templates, key);
export const templateOf = (key: TemplateKey): Template => templates[key];

/** Words of ours that appear as values. */
export const valueWords: Record<'th' | 'en', Record<string, string>> = {
  th: {
    approved: 'อนุมัติแล้ว',
    rejected: 'ไม่อนุมัติ',
    transferred: 'โอนคืนแล้ว',
    completed: 'เสร็จสิ้น',
    in_progress: 'กำลังดำเนินการ',
    access: 'ขอดูข้อมูล',
    export: 'ขอสำเนาข้อมูล',
    rectification: 'แก้ไขข้อมูล',
    erasure: 'ลบข้อมูล',
    objection: 'คัดค้าน',
    hide: 'ซ่อนใบหน้า',
  },
  en: { in_progress: 'taken up', transferred: 'transferred back to you' },
};
