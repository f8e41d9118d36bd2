import type { NoticeKind } from '#contracts/http/notices.ts';
import type { TemplateKey } from './templates.ts';

/**
 * What web push and LINE say, in a line or two. Variables are those of the e-mail of the same name. A template that is not
 * here goes by e-mail only: what is secret, or not urgent.
 */
export interface ShortText {
  kind: NoticeKind;
  /** Where a tap leads: the value of this variable, else the path. */
  linkVariable?: string;
  path: string;
  th: { title: string; body: string };
  en: { title: string; body: string };
}

export const shortTexts: Partial<Record<TemplateKey, ShortText>> = {
  'photos.found': {
    kind: 'photos',
    linkVariable: 'link',
    path: '/',
    th: { title: 'พบภาพใหม่ของคุณ {{photoCount}} ภาพ', body: '{{eventNameTh}}' },
    en: { title: '{{photoCount}} new {{photoCount|photo|photos}} of you', body: '{{eventNameEn}}' },
  },
  'order.paid': {
    kind: 'order',
    linkVariable: 'link',
    path: '/account/orders',
    th: { title: 'ภาพของคุณพร้อมแล้ว', body: '{{photoCount}} ภาพ · {{orderNumber}}' },
    en: { title: 'Your photos are ready', body: '{{photoCount}} {{photoCount|photo|photos}} · {{orderNumber}}' },
  },
  'order.arrived': {
    kind: 'order',
    linkVariable: 'link',
    path: '/account/orders',
    th: { title: 'ภาพต้นฉบับมาถึงแล้ว {{photoCount}} ภาพ', body: 'คำสั่งซื้อ {{orderNumber}}' },
    en: { title: '{{photoCount}} original {{photoCount|photo|photos}} arrived', body: 'Order {{orderNumber}}' },
  },
  'refund.decided': {
    kind: 'order',
    path: '/account/orders',
    th: { title: 'ผลคำขอคืนเงิน: {{status}}', body: '{{amountSatang}} · {{orderNumber}}' },
    en: { title: 'Your refund was {{status}}', body: '{{amountSatang}} · {{orderNumber}}' },
  },
  'event.announcement': {
    kind: 'announcement',
    linkVariable: 'link',
    path: '/',
    th: { title: '{{subject}}', body: '{{body}}' },
    en: { title: '{{subject}}', body: '{{body}}' },
  },
  'payout.paid': {
    kind: 'earnings',
    path: '/studio/earnings',
    th: { title: 'โอนรายได้ให้คุณแล้ว', body: '{{amountSatang}} · {{number}}' },
    en: { title: 'Your earnings are on their way', body: '{{amountSatang}} · {{number}}' },
  },
  'payout.failed': {
    kind: 'earnings',
    path: '/studio/earnings',
    th: { title: 'โอนรายได้ไม่สำเร็จ', body: '{{reason}}' },
    en: { title: 'Your earnings could not be transferred', body: '{{reason}}' },
  },
};

/** E-mails that carry what was bought, or money: they cannot be switched off. */
export const isLocked = (kind: NoticeKind, channel: string): boolean => kind === 'order' && channel === 'email';
