interface LegalText {
  title: string;
  lead: string;
  sections: { title: string; text: string[] }[];
}

const privacyEn: LegalText = {
  title: 'Privacy',
  lead: 'Faces are sensitive. Here is what happens with yours, in plain words.',
  sections: [
    {
      title: 'Your selfie',
      text: [
        'Your phone turns your selfie into numbers. The picture itself is not sent to us, and not stored.',
        'We compare the numbers with the faces in the photos of one event: the one that you opened. They are deleted within 24 hours.',
      ],
    },
    {
      title: 'Faces in event photos',
      text: [
        'So that people can find themselves, faces in the photos of an event are described by numbers too. The organizer informs the guests and states the legal basis. These numbers are deleted when the event’s retention period ends.',
        'We do not estimate age, gender, mood or anything else, we do not name people, and we do not compare one event with another.',
      ],
    },
    {
      title: 'What else we hold',
      text: [
        'Account: name, e-mail, language, and your password as a hash. Orders: what you bought, what you paid, the receipt. Technical records: times and errors, without e-mail addresses, pictures or descriptions of faces.',
        'Photos and cart that you looked at are also kept on your own device, so that they open without signal. Signing out clears them.',
      ],
    },
    {
      title: 'Who sees it',
      text: [
        'The photographer and the organizer of an event see sales, not your search. The payment service receives the amount and a number, not your photos. Nobody receives your selfie, because we do not have it.',
      ],
    },
    {
      title: 'Your rights',
      text: [
        'Under the Personal Data Protection Act (PDPA) and the GDPR you can see, copy, correct and delete what we hold, object to it, and withdraw any consent, at any time and without giving a reason. The switches are under Account, Privacy; we answer within 30 days.',
        'You can ask to be hidden at an event, under Account, Privacy. A person looks at it and answers you.',
      ],
    },
    {
      title: 'Children',
      text: [
        'Under ten, a parent decides. Between ten and twenty, please ask a parent first. Where an event is for children, face search is off.',
      ],
    },
    {
      title: 'Cookies',
      text: ['One, for your session. Nothing follows you around.'],
    },
  ],
};

const privacyTh: LegalText = {
  title: 'ความเป็นส่วนตัว',
  lead: 'ใบหน้าเป็นข้อมูลอ่อนไหว หน้านี้อธิบายด้วยภาษาง่ายๆ ว่าเราทำอะไรกับข้อมูลของคุณ',
  sections: [
    {
      title: 'เซลฟี่ของคุณ',
      text: [
        'โทรศัพท์ของคุณแปลงเซลฟี่เป็นตัวเลข ตัวภาพไม่ถูกส่งมาที่เรา และไม่ถูกเก็บไว้',
        'เรานำตัวเลขไปเทียบกับใบหน้าในภาพของงานเดียว คืองานที่คุณเปิดอยู่ และลบทิ้งภายใน 24 ชั่วโมง',
      ],
    },
    {
      title: 'ใบหน้าในภาพของงาน',
      text: [
        'เพื่อให้แต่ละคนค้นหาตัวเองได้ ใบหน้าในภาพของงานจะถูกอธิบายเป็นตัวเลขเช่นกัน ผู้จัดงานเป็นผู้แจ้งผู้ร่วมงานและระบุฐานทางกฎหมาย ตัวเลขเหล่านี้จะถูกลบเมื่อสิ้นสุดระยะเวลาเก็บข้อมูลของงาน',
        'เราไม่ประเมินอายุ เพศ อารมณ์ หรือสิ่งอื่นใด ไม่ระบุชื่อบุคคล และไม่เปรียบเทียบข้ามงาน',
      ],
    },
    {
      title: 'ข้อมูลอื่นที่เราเก็บ',
      text: [
        'บัญชี: ชื่อ อีเมล ภาษา และรหัสผ่านที่เข้ารหัสแบบย้อนกลับไม่ได้ คำสั่งซื้อ: สิ่งที่ซื้อ ยอดที่ชำระ และใบเสร็จ บันทึกทางเทคนิค: เวลาและข้อผิดพลาด โดยไม่มีอีเมล ภาพ หรือข้อมูลใบหน้า',
        'ภาพที่เคยดูและตะกร้าถูกเก็บไว้ในอุปกรณ์ของคุณด้วย เพื่อให้เปิดได้แม้ไม่มีสัญญาณ เมื่อออกจากระบบข้อมูลเหล่านี้จะถูกล้าง',
      ],
    },
    {
      title: 'ใครเห็นข้อมูลบ้าง',
      text: [
        'ช่างภาพและผู้จัดงานเห็นยอดขาย แต่ไม่เห็นการค้นหาของคุณ ผู้ให้บริการชำระเงินได้รับยอดเงินและหมายเลขอ้างอิง ไม่ได้รับภาพ ไม่มีใครได้รับเซลฟี่ของคุณ เพราะเราไม่มีภาพนั้น',
      ],
    },
    {
      title: 'สิทธิของคุณ',
      text: [
        'ตามพระราชบัญญัติคุ้มครองข้อมูลส่วนบุคคล (PDPA) และ GDPR คุณขอดู ขอสำเนา แก้ไข ลบ คัดค้าน และถอนความยินยอมได้ทุกเมื่อโดยไม่ต้องให้เหตุผล จัดการได้ที่ บัญชี > ความเป็นส่วนตัว และเราจะตอบภายใน 30 วัน',
        'คุณขอให้ซ่อนตัวเองในงานได้ที่หน้าบัญชี หัวข้อความเป็นส่วนตัว เจ้าหน้าที่จะตรวจสอบและตอบกลับคุณ',
      ],
    },
    {
      title: 'เด็กและเยาวชน',
      text: ['อายุต่ำกว่าสิบปี ผู้ปกครองเป็นผู้ตัดสินใจ อายุสิบถึงยี่สิบปี โปรดขออนุญาตผู้ปกครองก่อน งานสำหรับเด็กจะปิดการค้นหาด้วยใบหน้า'],
    },
    {
      title: 'คุกกี้',
      text: ['มีเพียงหนึ่งรายการสำหรับการใช้งานของคุณ ไม่มีสิ่งใดติดตามคุณไปที่อื่น'],
    },
  ],
};

const termsEn: LegalText = {
  title: 'Terms',
  lead: 'What you get, what it costs, and what happens when something goes wrong.',
  sections: [
    {
      title: 'What you buy',
      text: [
        'A photo that you buy comes as the original file, in full size and without watermark. You may use it privately, share it and print it. Copyright stays with the photographer; commercial use needs the photographer’s agreement.',
        'Previews carry a watermark and are for choosing only.',
      ],
    },
    {
      title: 'Prices and payment',
      text: [
        'Prices are in Thai baht. The cart always takes the cheapest combination of packages for the photos that you chose. The unlimited package covers one event and one buyer.',
        'You pay by PromptPay QR. The amount may contain a few satang so that your payment can be recognised; please pay exactly what is shown. A QR code is valid for 15 minutes, and a new one costs nothing.',
      ],
    },
    {
      title: 'Delivery',
      text: [
        'Your photos open as soon as the payment has arrived, here and by a link in your e-mail. With an account they stay available. If an original is still on its way from the photographer, we tell you by e-mail when it is here.',
      ],
    },
    {
      title: 'Refunds',
      text: [
        'Wrong photo, broken file, paid twice: ask for a refund from the order within 30 days. We look at every request and answer by e-mail. When money is returned, access to the photo ends.',
      ],
    },
    {
      title: 'Fair use',
      text: [
        'Search only for yourself, or for a child in your care. Do not remove watermarks and do not collect photos of other people.',
      ],
    },
  ],
};

const termsTh: LegalText = {
  title: 'ข้อกำหนด',
  lead: 'สิ่งที่คุณได้รับ ราคา และสิ่งที่จะเกิดขึ้นเมื่อมีปัญหา',
  sections: [
    {
      title: 'สิ่งที่คุณซื้อ',
      text: [
        'ภาพที่ซื้อเป็นไฟล์ต้นฉบับขนาดเต็มและไม่มีลายน้ำ ใช้ส่วนตัว แชร์ และพิมพ์ได้ ลิขสิทธิ์ยังเป็นของช่างภาพ การใช้เชิงพาณิชย์ต้องได้รับความยินยอมจากช่างภาพ',
        'ภาพตัวอย่างมีลายน้ำและมีไว้สำหรับเลือกเท่านั้น',
      ],
    },
    {
      title: 'ราคาและการชำระเงิน',
      text: [
        'ราคาเป็นเงินบาท ตะกร้าจะเลือกแพ็กเกจที่ถูกที่สุดสำหรับภาพที่คุณเลือกเสมอ แพ็กเกจไม่จำกัดใช้ได้กับหนึ่งงานและผู้ซื้อหนึ่งคน',
        'ชำระด้วยคิวอาร์พร้อมเพย์ ยอดอาจมีเศษสตางค์เพื่อให้ระบบจับคู่การชำระเงินได้ โปรดชำระให้ตรงยอด คิวอาร์โค้ดใช้ได้ 15 นาที และขอใหม่ได้โดยไม่มีค่าใช้จ่าย',
      ],
    },
    {
      title: 'การส่งมอบ',
      text: [
        'ภาพของคุณเปิดได้ทันทีที่ได้รับชำระเงิน ทั้งที่นี่และจากลิงก์ในอีเมล หากมีบัญชี ภาพจะอยู่ให้เปิดได้ต่อไป หากต้นฉบับยังเดินทางมาจากช่างภาพ เราจะแจ้งทางอีเมลเมื่อพร้อม',
      ],
    },
    {
      title: 'การคืนเงิน',
      text: [
        'ภาพไม่ถูกต้อง ไฟล์เสีย หรือชำระซ้ำ ขอคืนเงินได้จากหน้าคำสั่งซื้อภายใน 30 วัน เราพิจารณาทุกคำขอและตอบทางอีเมล เมื่อคืนเงินแล้ว สิทธิ์เปิดภาพจะสิ้นสุด',
      ],
    },
    {
      title: 'การใช้อย่างเป็นธรรม',
      text: ['ค้นหาเฉพาะตัวคุณเองหรือเด็กในความดูแล ไม่ลบลายน้ำ และไม่รวบรวมภาพของผู้อื่น'],
    },
  ],
};

export const legal = {
  privacy: { en: privacyEn, th: privacyTh },
  terms: { en: termsEn, th: termsTh },
};
