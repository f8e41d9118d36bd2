import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { desk, openBrowser, openPage, phone, screenshot, signInAs } from './browser.ts';
import { Client, until } from './client.ts';
import { order, pay } from './main-job.ts';
import { createStack, type Stack } from './stack.ts';
import { errorsIn, serverCartToBe } from './visitor.ts';

// Money at the desks, by mouse and keyboard to the end: what fits nothing, what goes back, what is paid out.
describe('money at the desks', function () {
  this.timeout(90_000);
  let stack: Stack;
  let browser: Browser;
  let admin: Client;
  let photoIds: string[];
  let slug: string;
  before(async function () {
    this.timeout(240_000);
    stack = await createStack({ RATE_LIMIT_SCALE: '20' });
    await stack.start();
    browser = await openBrowser();
    admin = await new Client(stack.url).signIn('admin');
    const { items } = await admin.call('GET', '/api/events');
    const photos = await admin.call('GET', `/api/events/${items[0].id}/photos`);
    slug = items[0].slug;
    photoIds = photos.items.map((photo: { id: string }) => photo.id);
    // The buyer's account is the second person; everybody who buys here is a guest.
    const people = await admin.call('GET', '/api/admin/users?q=buyer@demo');
    await admin.call('PUT', `/api/admin/users/${people.items[0].id}/role`, { role: 'admin' }, key());
    const settings = [
      { key: 'refunds', value: { twoPersonLimitSatang: 10_000 } },
      { key: 'payouts', value: { holdDays: 0, minimumSatang: 100, withholdingThresholdSatang: 100 } },
    ];
    await admin.call('PUT', '/api/admin/settings', { items: settings }, key());
  });
  afterEach(async function () {
    const pages = browser?.contexts().map((context) => context.pages()[0]) ?? [];
    if (this.currentTest?.state !== 'failed') return;
    for (const [index, page] of pages.entries()) if (page) await screenshot(page, `desk-money-failed-${index}`);
  });
  after(async () => {
    await browser?.close();
    await stack.remove();
  });

  const key = () => ({ 'idempotency-key': crypto.randomUUID() });
  const guest = () => new Client(stack.url).asGuest();
  const act = (transId: string, action: string) => admin.call('POST', `/dev/paynoi/${transId}/${action}`);
  async function started(count = 1) {
    const buyer = await guest();
    const placed = await order(
      buyer,
      photoIds.slice(0, count),
      `guest-${crypto.randomUUID().slice(0, 8)}@example.test`,
    );
    const payment = await buyer.call('POST', '/api/payment/create', { orderId: placed.id });
    return { buyer, placed, payment };
  }
  const statusOf = async (id: string): Promise<string> => (await admin.call('GET', `/api/orders/${id}`)).status;
  const hasReview = (kind: string) => async () =>
    (await admin.call('GET', '/api/admin/payment-reviews?limit=100')).items.some(
      (each: { review: string }) => each.review === kind,
    );
  const balances = async (): Promise<Record<string, number>> => {
    const overview = await admin.call('GET', '/api/admin/reconciliation');
    return Object.fromEntries(
      overview.balances.map((row: { account: string; balanceSatang: number }) => [row.account, row.balanceSatang]),
    );
  };
  /** Fills the open question and says yes; it is gone when it was done. */
  async function answer(page: Page, values: Record<string, string> = {}): Promise<void> {
    const dialog = page.locator('#px-ask-form');
    await dialog.waitFor();
    for (const [name, value] of Object.entries(values)) await dialog.locator(`#ask-${name}`).fill(value);
    await page.locator('button[form="px-ask-form"]').click();
    await dialog.waitFor({ state: 'detached' });
  }
  /** The card of a payment or case on the page of what waits. */
  const card = (page: Page, text: string) => page.locator('.review-list > li', { hasText: text });

  it('what fits nothing is decided on one by one, on a phone in Thai, and nothing is left in suspense', async () => {
    const short = await started();
    await act(short.payment.transId, 'pay-short');
    const over = await started();
    await act(over.payment.transId, 'pay-over');
    const late = await started();
    await late.buyer.call('POST', `/api/orders/${late.placed.id}/cancel`, undefined, key());
    await act(late.payment.transId, 'pay-late');
    const twice = await started();
    await act(twice.payment.transId, 'expire');
    await until('the end of the first QR', async () => {
      const { status } = await twice.buyer.call('GET', `/api/payment/${twice.payment.id}/status`);
      return status === 'expired';
    });
    const second = await twice.buyer.call('POST', '/api/payment/create', { orderId: twice.placed.id });
    assert.notEqual(second.id, twice.payment.id);
    await act(twice.payment.transId, 'pay-late');
    await until('the first money', async () => (await statusOf(twice.placed.id)) === 'paid');
    await act(second.transId, 'pay-late');
    const waiting = await started();
    const secrets = JSON.parse(await readFile(path.join(stack.dataDir, 'secrets.json'), 'utf8'));
    const till = await admin.call('POST', '/dev/paynoi/api', {
      method: 'create',
      api_key: secrets.paynoiKey,
      amount: '60',
      ref1: 'TILL-2',
      account: '0800000000',
      type: '1',
    });
    assert.equal(till.status, 1, till.msg);
    await act(till.trans_id, 'pay');
    await act(short.payment.transId, 'pay-again');
    await admin.call('POST', '/api/admin/reconciliation/run', {}, key());
    for (const kind of ['underpaid', 'overpaid', 'late', 'duplicate']) await until(kind, hasReview(kind));
    await until('money of another till', async () =>
      (await admin.call('GET', '/api/admin/money-cases?status=open')).items.some(
        (each: { transId: string }) => each.transId === till.trans_id,
      ),
    );

    const { context, page, complaints } = await openPage(browser, 'th', phone);
    await signInAs(page, stack.url, 'admin', '/admin/payment-reviews');
    await card(page, short.placed.number).first().waitFor();
    await screenshot(page, 'payment-reviews-th-390');
    const decide = async (text: string, action: string, values: Record<string, string> = {}) => {
      const mine = card(page, text);
      await mine.getByRole('button', { name: action, exact: true }).click();
      await answer(page, values);
    };
    // The second transfer to the paid QR stands among the cases with the number of its order, too: by its own words.
    await decide('โอนซ้ำไปที่คิวอาร์เดิม', 'โอนคืน', { accountName: 'สมหญิง ใจดี', accountNumber: '123-4-56789-0' });
    await decide(till.trans_id, 'ใช้ชำระคำสั่งซื้อ', { order: waiting.placed.number });
    await decide(short.placed.number, 'ส่งมอบภาพ');
    await decide(over.placed.number, 'บันทึกเป็นรายได้');
    await decide(late.placed.number, 'คืนเงิน');
    await decide(twice.placed.number, 'คืนเงิน');
    assert.deepEqual(await Promise.all([short, over, late, twice, waiting].map((each) => statusOf(each.placed.id))), [
      'paid',
      'paid',
      'cancelled',
      'paid',
      'paid',
    ]);

    await page.getByRole('button', { name: 'รอโอนคืน', exact: true }).click();
    await card(page, 'สมหญิง ใจดี').getByRole('button', { name: 'โอนเงิน', exact: true }).click();
    await answer(page, { reference: 'KB-RETURN-1' });
    await page.goto(`${stack.url}/admin/refunds`);
    for (const { placed } of [late, twice]) {
      const row = page.locator('tr, .row-card', { hasText: placed.number });
      await row.getByRole('button', { name: 'โอนเงิน', exact: true }).click();
      await answer(page, { reference: `KB-${placed.number}` });
      await row.getByText(`KB-${placed.number}`).waitFor();
    }
    await screenshot(page, 'refunds-th-390');
    const { suspense, refunds_payable } = await balances();
    assert.deepEqual([suspense, refunds_payable], [0, 0]);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('a refund goes from the buyer’s phone over two admins to the transfer, and her photos with it', async () => {
    const her = await openPage(browser, 'en', phone);
    await her.page.goto(`${stack.url}/e/${slug}`);
    for (const index of [0, 1, 2]) await her.page.locator('.tile-add').nth(index).click();
    await her.page.locator('.bottom-bar .btn-gold').click();
    await her.page.locator('a.btn-gold[href="/checkout"]').filter({ visible: true }).first().click();
    await her.page.locator('input[type="email"]').fill('somying@example.test');
    await her.page.locator('.checkout-end .btn-gold').click();
    await her.page.locator('.qr img').waitFor();
    const id = /\/orders\/([0-9a-f-]{36})/.exec(her.page.url())![1]!;
    const { number, payment } = await admin.call('GET', `/api/orders/${id}`);
    await act(payment.transId, 'pay');
    await her.page.locator('.delivery-photos li img').first().waitFor();
    await her.page.locator('px-refund > button').click();
    await her.page.locator('#refund-reason').fill('Not me on these photos');
    await her.page.locator('#bankCode').selectOption('014');
    await her.page.locator('#accountName').fill('Somying Jaidee');
    await her.page.locator('#accountNumber').fill('111-2-33333-4');
    await screenshot(her.page, 'refund-en-390');
    await her.page.locator('px-refund button[form="refund-form"]').click();
    await her.page.locator('#refund-form').waitFor({ state: 'detached' });

    const people = await Promise.all(
      ['admin', 'buyer'].map(async (name) => {
        const opened = await openPage(browser, 'en', desk);
        await signInAs(opened.page, stack.url, name, '/admin/refunds');
        return { ...opened, row: opened.page.locator('tr', { hasText: number }) };
      }),
    );
    const [first, second] = people as [(typeof people)[0], (typeof people)[0]];
    await first.row.getByRole('button', { name: 'Approve', exact: true }).click();
    await answer(first.page, { note: 'Seen' });
    await first.row.getByText('Approved by Ananya Admin; a second admin is needed').waitFor();
    await screenshot(first.page, 'refunds-en-1440');
    assert.equal(await statusOf(id), 'paid', 'one person alone gives nothing back');
    await first.row.getByRole('button', { name: 'Approve as second person', exact: true }).click();
    await first.page.locator('px-ask button[form="px-ask-form"]').click();
    await first.page.locator('px-ask .note-error').waitFor();
    await first.page.keyboard.press('Escape');

    await second.page.reload();
    await second.row.getByRole('button', { name: 'Approve as second person', exact: true }).click();
    await answer(second.page);
    await second.row.getByRole('button', { name: 'Transfer', exact: true }).click();
    await second.page.locator('#px-ask-form', { hasText: '111-2-33333-4' }).waitFor();
    assert.match((await second.page.locator('#px-ask-form').textContent())!, /Somying Jaidee · Siam Commercial Bank/);
    await answer(second.page, { reference: 'SCB-0042' });
    await second.row.getByText('SCB-0042').waitFor();
    for (const { complaints } of people)
      assert.deepEqual(
        complaints.filter((each) => !/409 \(Conflict\)/.test(each)),
        [],
      );
    await Promise.all(people.map(({ context }) => context.close()));

    await her.page.reload();
    await her.page.getByText('Refunded').first().waitFor();
    assert.equal(await her.page.locator('a[download]').count(), 0);
    assert.equal(await her.page.locator('.documents a').count(), 2, 'receipt and credit note');
    for (const href of await her.page
      .locator('.documents a')
      .evaluateAll((links) => links.map((each) => (each as HTMLAnchorElement).href)))
      assert.equal((await her.page.request.get(href)).headers()['content-type'], 'application/pdf');
    await screenshot(her.page, 'refunded-en-390');
    // Her page was open when the photos were taken back, and asked for their links once more.
    assert.deepEqual(
      her.complaints.filter((each) => !/409 \(Conflict\) \/api\/orders\/[0-9a-f-]+\/download$/.test(each)),
      [],
    );
    await her.context.close();
  });

  /** The photo leaves the sale while `work` runs. */
  async function withdrawn(id: string, work: () => Promise<void>): Promise<void> {
    await admin.call('PUT', `/api/photos/${id}/reject`, { reason: 'Asked for it' });
    try {
      await work();
    } finally {
      await admin.call('PUT', `/api/photos/${id}/approve`, {});
    }
  }
  const idsInCart = (page: Page): Promise<string[]> =>
    page
      .locator('.cart-photos li a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')!.split('/').at(-1)!));
  /** The photo is there as one that cannot be bought, with a sentence, and one other is paid for. */
  async function seesGone(page: Page, id: string): Promise<void> {
    const gone = page.locator('.cart-photos li.gone');
    await gone.getByText('No longer for sale').waitFor();
    assert.equal(await gone.count(), 1);
    assert.ok((await gone.locator('a').getAttribute('href'))!.endsWith(id));
    await page.locator('.cart-changes', { hasText: '1 photo can no longer be bought' }).waitFor();
    assert.match((await page.locator('.bottom-bar .amount').textContent())!, /^\s*1 photo ·/);
  }

  it('a cart that lies open learns that a photo left the sale, before anything is ordered', async () => {
    const { context, page, complaints } = await openPage(browser, 'en', phone);
    await page.goto(`${stack.url}/e/${slug}`);
    for (const index of [0, 1]) await page.locator('.tile-add').nth(index).click();
    await page.locator('.bottom-bar .btn-gold').click();
    await page.locator('.cart-photos li a').nth(1).waitFor();
    await serverCartToBe(page, 2);
    const [id, other] = (await idsInCart(page)) as [string, string];
    await withdrawn(id, async () => {
      await until('the open cart to say so', async () => {
        // Looked at again, as after the bank's app; without that, it would be half a minute.
        await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        return page.locator('.cart-photos li.gone').count();
      });
      await seesGone(page, id);
      await screenshot(page, 'cart-withdrawn-en-390');
      await page.locator('.cart-changes .btn-solid').click();
      await page.locator('.cart-photos li.gone').waitFor({ state: 'detached' });
      assert.deepEqual(await idsInCart(page), [other]);
      await serverCartToBe(page, 1);
    });
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('a photo that left the sale before the tap arrived is in the cart as such, not gone without a word', async () => {
    const { context, page } = await openPage(browser, 'en', phone);
    await page.goto(`${stack.url}/e/${slug}`);
    await page.locator('.tile-add').nth(0).click();
    await page.locator('.bottom-bar .btn-gold').click();
    await page.locator('.cart-photos li a').waitFor();
    await serverCartToBe(page, 1);
    const [first] = await idsInCart(page);
    await page.goBack();
    await page.locator('.tile-add').nth(1).waitFor();
    await context.setOffline(true);
    await page.locator('.tile-add').nth(1).click();
    await page.locator('.bottom-bar .btn-gold').click();
    await page.locator('.cart-photos li a').nth(1).waitFor();
    const id = (await idsInCart(page)).find((each) => each !== first)!;
    await withdrawn(id, async () => {
      await context.setOffline(false);
      await serverCartToBe(page, 2);
      await seesGone(page, id);
    });
    await context.close();
  });

  it('a payout goes from the draft over the bank’s file to the photographer’s statement', async () => {
    const sold = await started(3);
    await pay(sold.buyer, sold.placed.id);
    const photographer = await openPage(browser, 'th', phone);
    await signInAs(photographer.page, stack.url, 'photographer', '/studio/profile');
    await photographer.page.locator('#accountName').fill('เพชร ช่างภาพ');
    await photographer.page.locator('#accountNumber').fill('1234567890');
    await photographer.page.locator('px-bank-account form button.btn-solid').click();
    await photographer.page.getByText('•••• 7890').waitFor();

    const { context, page, complaints } = await openPage(browser, 'th', desk);
    await signInAs(page, stack.url, 'admin', '/admin/revenue/payouts');
    await page.locator('.btn-gold').click();
    await answer(page);
    await page.locator('.batch').waitFor();
    const row = page.locator('tr', { hasText: 'Phet Photographer' });
    await screenshot(page, 'payouts-th-1440');
    await page.locator('.batch .btn-solid').click();
    const link = page.locator('.batch a[download]');
    await link.waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const lines = (await readFile((await file.path())!, 'utf8')).trim().split('\r\n');
    assert.match(lines.join('\n'), /1234567890/);
    assert.match(lines.join('\n'), /เพชร ช่างภาพ/);
    const payAll = page.locator('.batch button.btn-line');
    await payAll.click();
    await answer(page, { reference: 'KB-BATCH-1' });
    await row.getByText('KB-BATCH-1').waitFor();
    await screenshot(page, 'payouts-paid-th-1440');
    const statement = await page.request.get(
      (await row.locator('.document-links a').first().getAttribute('href'))!.replace(/^/, stack.url),
    );
    assert.equal(statement.headers()['content-type'], 'application/pdf');
    assert.equal((await statement.body()).subarray(0, 5).toString(), '%PDF-');
    assert.deepEqual(complaints, []);
    await context.close();

    await photographer.page.goto(`${stack.url}/studio/earnings`);
    await photographer.page.locator('.document-links a').first().waitFor();
    await screenshot(photographer.page, 'earnings-th-390');
    const certificates = photographer.page.locator('.document-links a');
    assert.equal(await certificates.count(), 2, 'statement and certificate of the tax withheld');
    for (const href of await certificates.evaluateAll((links) => links.map((each) => (each as HTMLAnchorElement).href)))
      assert.equal((await photographer.page.request.get(href)).status(), 200, href);
    assert.deepEqual(photographer.complaints, []);
    await photographer.context.close();
  });
});
