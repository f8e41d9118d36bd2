import { Router } from 'express';
import type { CaughtMail, MailStore } from './mail.ts';
import { escapeHtml, page } from './page.ts';

const when = (iso: string): string => new Date(iso).toLocaleString('en-GB', { timeZone: 'Asia/Bangkok' });

function listItem(mail: CaughtMail): string {
  return `<article class="card row"><div class="grow"><a href="/dev/mail/${mail.id}"><strong>${escapeHtml(
    mail.subject || '(no subject)',
  )}</strong></a><div class="muted">to ${escapeHtml(mail.to.join(', '))}</div></div>
<span class="muted">${escapeHtml(when(mail.date))}</span></article>`;
}

function mailPage(mail: CaughtMail): string {
  const links = mail.links.map((link) => `<li><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></li>`).join('');
  const files = mail.attachments.map((file) => `${file.name} (${file.type}, ${file.bytes} bytes)`).join('; ');
  const body = mail.html
    ? `<iframe sandbox="allow-popups" title="The message" src="/dev/mail/${mail.id}/html"></iframe>`
    : `<pre class="card">${escapeHtml(mail.text)}</pre>`;
  return page(
    mail.subject || '(no subject)',
    `<div class="card"><div>From ${escapeHtml(mail.from)}</div><div>To ${escapeHtml(mail.to.join(', '))}</div>
<div class="muted">${escapeHtml(when(mail.date))}, Bangkok</div>${files ? `<div class="muted">Attached: ${escapeHtml(files)}</div>` : ''}</div>
${body}${links ? `<h2>Links in it</h2><ul>${links}</ul>` : ''}`,
  );
}

/** GET /dev/mail (page), /dev/mail.json (?to=), /dev/mail/:id (page), /dev/mail/:id/html (the message's own HTML). */
export function mailRoutes(store: MailStore): Router {
  const router = Router();
  const toOf = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

  router.get('/dev/mail.json', (req, res) => {
    res.json(store.list(toOf(req.query.to)));
  });
  router.get('/dev/mail', (req, res) => {
    const mails = store.list(toOf(req.query.to)).slice(0, 200);
    const list = mails.map(listItem).join('') || '<p class="card">No mail yet. What the shop sends appears here.</p>';
    res.send(page('Mail', list));
  });
  router.get('/dev/mail/:id', (req, res) => {
    const mail = store.find(req.params.id);
    if (mail) res.send(mailPage(mail));
    else res.status(404).send(page('Mail', '<p class="card">There is no such message.</p>'));
  });
  router.get('/dev/mail/:id/html', (req, res) => {
    const mail = store.find(req.params.id);
    res.setHeader(
      'Content-Security-Policy',
      "sandbox; default-src 'none'; img-src data: https:; style-src 'unsafe-inline'",
    );
    res.status(mail ? 200 : 404).send(mail?.html ?? '');
  });
  return router;
}
