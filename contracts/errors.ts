/**
 * Every error code of the API: HTTP status, whether trying the same call again can help, and the text a person reads.
 * Clients switch on `code`; the texts may change. Topic files add theirs through `defineErrors` in this one table.
 */
export interface ErrorDefinition {
  status: number;
  retryable: boolean;
  en: string;
  th: string;
}

const define = (status: number, en: string, th: string, retryable = false): ErrorDefinition => ({
  status,
  retryable,
  en,
  th,
});

export const errorTable = {
  // gate
  'request.invalid': define(
    400,
    'Something in the request is not right. See “errors”.',
    'ข้อมูลที่ส่งมาไม่ถูกต้อง ดูรายละเอียดใน “errors”',
  ),
  'request.malformed': define(400, 'The request could not be read.', 'อ่านคำขอไม่ได้'),
  'request.too_large': define(413, 'That is larger than we accept.', 'ข้อมูลมีขนาดใหญ่เกินไป'),
  'request.unsupported_type': define(415, 'We cannot read this type of content.', 'ไม่รองรับข้อมูลชนิดนี้'),
  'request.rate_limited': define(429, 'Too many requests. Please wait a moment.', 'ส่งคำขอถี่เกินไป โปรดรอสักครู่', true),
  'request.method_not_allowed': define(405, 'This address does not do that.', 'ที่อยู่นี้ไม่รองรับคำสั่งนี้'),
  'request.origin_refused': define(403, 'This request came from another site.', 'คำขอนี้มาจากเว็บไซต์อื่น'),
  'route.unknown': define(404, 'There is nothing at this address.', 'ไม่พบที่อยู่นี้'),
  'resource.not_found': define(404, 'We could not find that.', 'ไม่พบสิ่งที่ต้องการ'),
  'resource.conflict': define(
    409,
    'This was changed meanwhile. Please look again.',
    'ข้อมูลถูกเปลี่ยนไปแล้ว โปรดตรวจสอบอีกครั้ง',
  ),
  'idempotency.in_progress': define(
    409,
    'The same request is still being worked on.',
    'คำขอเดียวกันนี้กำลังดำเนินการอยู่',
    true,
  ),
  'idempotency.mismatch': define(
    422,
    'This Idempotency-Key was used for a different request.',
    'Idempotency-Key นี้ถูกใช้กับคำขออื่นไปแล้ว',
  ),
  'server.internal': define(500, 'Something broke on our side. Nothing was lost.', 'ระบบขัดข้อง ข้อมูลของคุณยังอยู่ครบ', true),
  'server.unavailable': define(
    503,
    'A part of the system is resting. Please try again shortly.',
    'ระบบบางส่วนยังไม่พร้อม โปรดลองใหม่อีกครั้ง',
    true,
  ),
  // identity
  'auth.required': define(401, 'Please sign in.', 'โปรดเข้าสู่ระบบ'),
  'auth.session_ended': define(401, 'Your session has ended. Please try again.', 'เซสชันของคุณสิ้นสุดแล้ว โปรดลองอีกครั้ง'),
  'auth.forbidden': define(403, 'Your account may not do this.', 'บัญชีของคุณไม่มีสิทธิ์ทำสิ่งนี้'),
  'auth.invalid_credentials': define(401, 'E-mail or password is not right.', 'อีเมลหรือรหัสผ่านไม่ถูกต้อง'),
  'auth.email_not_verified': define(
    403,
    'Please confirm your e-mail first. We sent you a link.',
    'โปรดยืนยันอีเมลก่อน เราส่งลิงก์ให้แล้ว',
  ),
  'auth.locked': define(
    423,
    'Too many failed attempts. Try again in a few minutes or reset your password.',
    'ลองผิดหลายครั้งเกินไป โปรดรอสักครู่หรือตั้งรหัสผ่านใหม่',
  ),
  'auth.email_taken': define(409, 'There is an account with this e-mail already.', 'อีเมลนี้มีบัญชีอยู่แล้ว'),
  'auth.weak_password': define(
    400,
    'Use at least 8 characters with upper and lower case letters and a digit.',
    'ใช้อย่างน้อย 8 ตัวอักษร มีตัวพิมพ์ใหญ่ พิมพ์เล็ก และตัวเลข',
  ),
  'auth.token_invalid': define(
    400,
    'This link is used up or expired. Ask for a new one.',
    'ลิงก์นี้ใช้ไปแล้วหรือหมดอายุ โปรดขอใหม่',
  ),
  'auth.refresh_invalid': define(401, 'Please sign in again.', 'โปรดเข้าสู่ระบบอีกครั้ง'),
  'auth.two_factor_required': define(401, 'Enter the code from your authenticator app.', 'กรอกรหัสจากแอปยืนยันตัวตน'),
  'auth.code_invalid': define(400, 'That code is not right. Try the next one.', 'รหัสไม่ถูกต้อง โปรดลองรหัสถัดไป'),
  'user.last_admin': define(409, 'The last admin has to stay admin.', 'ต้องมีผู้ดูแลระบบอย่างน้อยหนึ่งคน'),
  // events and photos
  'event.not_found': define(404, 'We could not find this event.', 'ไม่พบงานนี้'),
  'event.access_code_required': define(403, 'This event opens with its access code.', 'งานนี้ต้องใช้รหัสเข้าชม'),
  'event.transition': define(409, 'The event cannot change to that status from where it is.', 'เปลี่ยนสถานะงานแบบนี้ไม่ได้'),
  'event.slug_taken': define(409, 'Another event uses this short address.', 'ที่อยู่สั้นนี้มีงานอื่นใช้แล้ว'),
  'event.has_sales': define(
    409,
    'Photos of this event were sold; archive it instead of deleting it.',
    'งานนี้มีการขายแล้ว โปรดเก็บถาวรแทนการลบ',
  ),
  'event.sales_closed': define(409, 'Sales for this event are closed.', 'งานนี้ปิดการขายแล้ว'),
  'photo.not_found': define(404, 'We could not find this photo.', 'ไม่พบภาพนี้'),
  'photo.not_for_sale': define(409, 'This photo is not for sale any more.', 'ภาพนี้ไม่ได้วางขายแล้ว'),
  'photo.not_ready': define(409, 'This photo is still being prepared.', 'ภาพนี้กำลังเตรียมอยู่', true),
  'photo.transition': define(409, 'The photo cannot change to that status from where it is.', 'เปลี่ยนสถานะภาพแบบนี้ไม่ได้'),
  'photo.not_purchased': define(403, 'The original opens for those who bought it.', 'ภาพต้นฉบับเปิดได้เฉพาะผู้ที่ซื้อแล้ว'),
  'upload.not_an_image': define(
    422,
    'This file is not a photo that we can read (JPEG, PNG, WebP or TIFF).',
    'ไฟล์นี้ไม่ใช่ภาพที่อ่านได้ (JPEG, PNG, WebP หรือ TIFF)',
  ),
  'upload.too_large': define(413, 'This file is larger than we accept.', 'ไฟล์นี้ใหญ่เกินไป'),
  'upload.heic': define(
    422,
    'HEIC photos cannot be read. Export this one as JPEG first.',
    'ไม่รองรับภาพ HEIC โปรดแปลงเป็น JPEG ก่อน',
  ),
  'upload.damaged': define(
    422,
    'This file did not arrive whole. Please send it again.',
    'ไฟล์มาไม่ครบ โปรดส่งใหม่อีกครั้ง',
    true,
  ),
  'upload.empty': define(400, 'The file is empty.', 'ไฟล์ว่างเปล่า'),
  'upload.too_many': define(400, 'At most 50 files in one batch.', 'ส่งได้ครั้งละไม่เกิน 50 ไฟล์'),
  'upload.no_file': define(400, 'No file arrived.', 'ไม่พบไฟล์ที่ส่งมา'),
  'upload.not_staff': define(403, 'You are not a photographer of this event.', 'คุณไม่ได้เป็นช่างภาพของงานนี้'),
  // faces
  'consent.required': define(403, 'We need your consent before we look for your face.', 'ต้องได้รับความยินยอมก่อนค้นหาใบหน้า'),
  'consent.not_found': define(404, 'We could not find this consent.', 'ไม่พบความยินยอมนี้'),
  'face.none': define(422, 'We could not see a face in this picture.', 'ไม่พบใบหน้าในภาพ'),
  'face.engine_unknown': define(
    422,
    'This descriptor comes from a model that we do not compare with.',
    'ข้อมูลใบหน้านี้มาจากโมเดลที่ระบบไม่รองรับ',
  ),
  'face.engine_mismatch': define(
    409,
    'This event is searched with another model. Describe the face with the one named in “engine” and try again.',
    'งานนี้ใช้โมเดลใบหน้าอีกตัว โปรดสร้างข้อมูลใบหน้าด้วยโมเดลที่ระบุใน “engine” แล้วลองใหม่',
  ),
  'face.engine_disabled': define(
    409,
    'This model is not switched on: it is not installed, or its notice was not accepted.',
    'ยังไม่ได้เปิดใช้โมเดลนี้: ยังไม่ได้ติดตั้ง หรือยังไม่มีผู้ยอมรับประกาศ',
  ),
  'face.engine_in_use': define(409, 'An event still uses this model.', 'ยังมีงานที่ใช้โมเดลนี้อยู่'),
  'face.engine_changing': define(
    409,
    'This event is already on its way to another model.',
    'งานนี้กำลังเปลี่ยนไปใช้โมเดลอื่นอยู่',
  ),
  'face.search_disabled': define(409, 'Face search is switched off for this event.', 'งานนี้ปิดการค้นหาด้วยใบหน้า'),
  'search.not_found': define(404, 'We could not find this search.', 'ไม่พบการค้นหานี้'),
  // selling
  'package.not_found': define(404, 'We could not find this package.', 'ไม่พบแพ็กเกจนี้'),
  'package.in_use': define(
    409,
    'This package was sold; switch it off instead of deleting it.',
    'แพ็กเกจนี้มีการขายแล้ว โปรดปิดแทนการลบ',
  ),
  'cart.empty': define(409, 'There is nothing in the cart yet.', 'ยังไม่มีภาพในตะกร้า'),
  'cart.item_not_found': define(404, 'That is not in your cart.', 'ไม่พบรายการนี้ในตะกร้า'),
  'cart.package_not_applicable': define(409, 'This package does not fit the chosen photos.', 'แพ็กเกจนี้ใช้กับภาพที่เลือกไม่ได้'),
  'coupon.unknown': define(
    404,
    'We do not know this code. Please check the letters and digits.',
    'ไม่พบโค้ดนี้ โปรดตรวจตัวอักษรและตัวเลข',
  ),
  'coupon.not_started': define(409, 'This code cannot be used yet.', 'โค้ดนี้ยังไม่ถึงวันเริ่มใช้'),
  'coupon.expired': define(409, 'This code has expired.', 'โค้ดนี้หมดอายุแล้ว'),
  'coupon.used_up': define(409, 'This code has been used as often as it may be.', 'โค้ดนี้ถูกใช้ครบจำนวนแล้ว'),
  'coupon.used_by_you': define(409, 'You have used this code already.', 'คุณใช้โค้ดนี้ไปแล้ว'),
  'coupon.first_order_only': define(409, 'This code is for a first order only.', 'โค้ดนี้ใช้ได้เฉพาะการสั่งซื้อครั้งแรก'),
  'coupon.other_event': define(409, 'This code is for photos of another event.', 'โค้ดนี้ใช้กับภาพของงานอื่น'),
  'coupon.too_many_tries': define(
    429,
    'Too many codes that do not exist. Please wait some minutes.',
    'ลองโค้ดผิดหลายครั้งเกินไป โปรดรอสักครู่',
    true,
  ),
  'coupon.code_taken': define(409, 'There is a coupon with this code already.', 'มีคูปองที่ใช้โค้ดนี้อยู่แล้ว'),
  'coupon.in_use': define(
    409,
    'This coupon was used; switch it off instead of deleting it.',
    'คูปองนี้มีการใช้แล้ว โปรดปิดแทนการลบ',
  ),
  'price_rule.not_allowed': define(
    403,
    'This event does not let photographers set prices.',
    'งานนี้ไม่ได้เปิดให้ช่างภาพตั้งราคาเอง',
  ),
  'price_rule.bounds': define(422, 'This price is outside what the event allows.', 'ราคานี้อยู่นอกช่วงที่งานกำหนด'),
  'price_rule.not_yours': define(403, 'You can set the prices of your own photos only.', 'ตั้งราคาได้เฉพาะภาพของคุณเอง'),
  'shared_cart.not_found': define(
    404,
    'This shared cart is closed, or the link is not complete. Ask your friend for a new one.',
    'ตะกร้ารวมนี้ปิดแล้ว หรือลิงก์ไม่ครบ โปรดขอลิงก์ใหม่จากเพื่อน',
  ),
  'shared_cart.paying': define(
    409,
    'Somebody of your group is paying right now. Nothing can be changed until that is done.',
    'เพื่อนในกลุ่มกำลังชำระเงินอยู่ แก้ไขได้เมื่อเสร็จแล้ว',
  ),
  'shared_cart.paid': define(409, 'This shared cart is paid already.', 'ตะกร้ารวมนี้ชำระเงินแล้ว'),
  'shared_cart.full': define(409, 'This shared cart is full.', 'ตะกร้ารวมนี้เต็มแล้ว'),
  'order.not_found': define(404, 'We could not find this order.', 'ไม่พบคำสั่งซื้อนี้'),
  'order.email_required': define(400, 'Tell us an e-mail to send the photos to.', 'โปรดระบุอีเมลสำหรับส่งภาพ'),
  'order.not_paid': define(409, 'This order is not paid yet.', 'คำสั่งซื้อนี้ยังไม่ได้ชำระเงิน'),
  'order.transition': define(
    409,
    'The order cannot change to that status from where it is.',
    'เปลี่ยนสถานะคำสั่งซื้อแบบนี้ไม่ได้',
  ),
  'order.already_paid': define(409, 'This order is paid already.', 'คำสั่งซื้อนี้ชำระเงินแล้ว'),
  'order.price_changed': define(
    409,
    'The price has changed since the page showed it. Please look again.',
    'ราคาเปลี่ยนไปจากที่แสดง โปรดตรวจสอบอีกครั้ง',
  ),
  'payment.not_found': define(404, 'We could not find this payment.', 'ไม่พบการชำระเงินนี้'),
  'payment.gateway_unavailable': define(
    503,
    'The payment service does not answer. Your order is kept; try again in a moment.',
    'ระบบชำระเงินยังไม่ตอบ คำสั่งซื้อของคุณยังอยู่ โปรดลองใหม่',
    true,
  ),
  'payment.unknown': define(
    409,
    'We are checking with the payment service. Please wait a moment.',
    'กำลังตรวจสอบกับระบบชำระเงิน โปรดรอสักครู่',
    true,
  ),
  'payment.transition': define(
    409,
    'The payment cannot change to that from where it is.',
    'เปลี่ยนสถานะการชำระเงินแบบนี้ไม่ได้',
  ),
  'case.transition': define(409, 'This cannot be done with that money any more.', 'ทำรายการนี้กับเงินก้อนนี้ไม่ได้แล้ว'),
  'case.too_little': define(409, 'That is less than the order costs.', 'ยอดนี้น้อยกว่าราคาคำสั่งซื้อ'),
  'webhook.signature': define(401, 'The signature does not fit.', 'ลายเซ็นไม่ถูกต้อง'),
  'refund.not_allowed': define(409, 'This order cannot be refunded.', 'คำสั่งซื้อนี้คืนเงินไม่ได้'),
  'refund.whole_package': define(
    409,
    'An unlimited package is refunded as a whole: choose all its photos.',
    'แพ็กเกจไม่จำกัดจำนวนต้องขอคืนเงินทั้งแพ็กเกจ โปรดเลือกภาพทั้งหมดในแพ็กเกจ',
  ),
  'refund.exists': define(409, 'A refund for this order is being looked at already.', 'มีคำขอคืนเงินของคำสั่งซื้อนี้อยู่แล้ว'),
  'refund.transition': define(409, 'The refund cannot change to that from where it is.', 'เปลี่ยนสถานะการคืนเงินแบบนี้ไม่ได้'),
  'refund.gateway': define(
    409,
    'The payment service cannot send this money back. Transfer it by bank.',
    'ระบบชำระเงินคืนเงินยอดนี้ไม่ได้ โปรดโอนผ่านธนาคาร',
  ),
  'refund.second_person': define(409, 'Another admin has to approve this amount too.', 'ยอดนี้ต้องให้ผู้ดูแลอีกคนหนึ่งอนุมัติ'),
  'download.expired': define(
    410,
    'This link has expired. Ask for a new one from your order.',
    'ลิงก์หมดอายุแล้ว ขอใหม่ได้จากคำสั่งซื้อ',
  ),
  'download.limit': define(
    429,
    'This photo was downloaded as often as the link allows. Ask for a new link.',
    'ดาวน์โหลดครบจำนวนแล้ว ขอลิงก์ใหม่ได้',
  ),
  'revenue.rule_invalid': define(422, 'The shares have to add up to 100 %.', 'ส่วนแบ่งต้องรวมกันได้ 100 %'),
  'payout.nothing_due': define(409, 'There is nothing to pay out.', 'ไม่มียอดที่ต้องจ่าย'),
  'payout.transition': define(409, 'The payout cannot change to that from where it is.', 'เปลี่ยนสถานะการจ่ายเงินแบบนี้ไม่ได้'),
  'payout.second_person': define(409, 'Another admin has to approve this amount too.', 'ยอดนี้ต้องให้ผู้ดูแลอีกคนหนึ่งอนุมัติ'),
  'payout.in_bank_file': define(
    409,
    'This payout was in a file for the bank: it may have been transferred. If it was not, mark it “Transfer failed”.',
    'ยอดนี้อยู่ในไฟล์สำหรับธนาคารแล้ว จึงอาจโอนไปแล้ว หากโอนไม่สำเร็จ ให้เลือก “โอนไม่สำเร็จ”',
  ),
  'payout.nothing_to_transfer': define(
    409,
    'No approved payout of this batch has a bank account to transfer to.',
    'ไม่มียอดที่อนุมัติแล้วและมีบัญชีธนาคารให้โอนในรอบนี้',
  ),
  'push.unavailable': define(409, 'This server sends no push messages.', 'เซิร์ฟเวอร์นี้ไม่ได้เปิดการแจ้งเตือนแบบพุช'),
  'push.endpoint': define(422, 'We do not send to this push service.', 'ระบบไม่รองรับบริการพุชนี้'),
  'line.unavailable': define(409, 'LINE messages are not set up here.', 'ยังไม่ได้ตั้งค่าการแจ้งเตือนทาง LINE'),
  'settings.invalid': define(422, 'A setting is not right.', 'ค่าที่ตั้งไม่ถูกต้อง'),
  // sync
  'sync.collection_unknown': define(404, 'There is no such collection.', 'ไม่พบชุดข้อมูลนี้'),
  'sync.schema_outdated': define(
    426,
    'This version of the app is too old. Please reload.',
    'แอปเวอร์ชันนี้เก่าเกินไป โปรดโหลดใหม่',
  ),
  'sync.schema_unknown': define(
    503,
    'The server is a moment behind this version of the app. Please try again shortly.',
    'เซิร์ฟเวอร์กำลังอัปเดตให้ตรงกับแอปเวอร์ชันนี้ โปรดลองใหม่อีกครั้ง',
    true,
  ),
  'stream.too_many': define(
    503,
    'Too many live connections are open. The page looks for news by itself meanwhile.',
    'มีการเชื่อมต่อสดเปิดอยู่มากเกินไป ระหว่างนี้หน้าเว็บจะตรวจสอบข้อมูลใหม่เอง',
    true,
  ),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorTable;

/** The one error that services throw for things that go wrong in expected ways. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
  get status(): number {
    return errorTable[this.code].status;
  }
}
