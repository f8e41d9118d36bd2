/** The look of the developer pages: no inline script or style, so that the API's content security policy fits them. */
export const DEV_CSS = `
@font-face { font-family: 'IBM Plex Sans Thai'; src: url('/dev/assets/thai.woff2') format('woff2'); unicode-range: U+0E00-0E7F; }
:root { --gold: #d4af37; --dark-gold: #b8941f; --ink: #1a1a1a; --paper: #f9fafb; --line: #e5e7eb; --grey: #4b5563; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.6 Inter, 'IBM Plex Sans Thai', system-ui, sans-serif; background: var(--paper); color: var(--ink); }
header { background: var(--ink); color: #fff; padding: 16px 24px; display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: baseline; }
header b { color: var(--gold); font-family: 'Playfair Display', Georgia, 'IBM Plex Sans Thai', serif; font-size: 22px; }
header a { color: #fff; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-family: 'Playfair Display', Georgia, 'IBM Plex Sans Thai', serif; font-size: 28px; line-height: 1.3; margin: 0 0 16px; }
h2 { font-size: 18px; margin: 32px 0 8px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; margin: 0 0 16px; }
.row { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; }
.grow { flex: 1 1 240px; min-width: 0; overflow-wrap: anywhere; }
.muted { color: var(--grey); font-size: 14px; }
.amount { font-size: 24px; font-weight: 700; font-variant-numeric: tabular-nums; }
.badge { border-radius: 999px; padding: 2px 12px; font-size: 13px; font-weight: 600; background: #f3f4f6; }
.badge.completed { background: #d1fae5; color: #065f46; } .badge.pending { background: #fef3c7; color: #92400e; }
.badge.failed, .badge.expired, .badge.cancelled { background: #fee2e2; color: #991b1b; }
button, .button { font: inherit; font-size: 14px; min-height: 40px; padding: 6px 16px; border-radius: 8px; cursor: pointer;
  border: 1px solid #9ca3af; background: #fff; color: var(--ink); text-decoration: none; display: inline-block; }
button.gold { background: var(--gold); border-color: var(--dark-gold); font-weight: 700; }
button:focus-visible, a:focus-visible, input:focus-visible { outline: 3px solid var(--dark-gold); outline-offset: 2px; }
iframe { width: 100%; min-height: 560px; border: 1px solid var(--line); border-radius: 12px; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
label { display: inline-flex; gap: 8px; align-items: center; } input[type=number] { width: 96px; font: inherit; padding: 4px 8px; }
img.qr { width: 132px; height: 132px; image-rendering: pixelated; }
`;

/** Buttons with data-post send a POST (data-body is its JSON) and reload; forms with data-json post their fields. */
export const DEV_JS = `
async function send(url, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) { alert((await answer.json()).error); return; }
  location.reload();
}
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-post]');
  if (button) send(button.dataset.post, JSON.parse(button.dataset.body || '{}'));
});
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-json]')) return;
  event.preventDefault();
  const body = {};
  for (const input of form.querySelectorAll('input')) {
    body[input.name] = input.type === 'checkbox' ? input.checked : Number(input.value);
  }
  send(form.action, body);
});
`;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole page. `body` is HTML already escaped by its maker. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)} · ThePixStock</title>
<link rel="stylesheet" href="/dev/assets/dev.css"><script src="/dev/assets/dev.js" defer></script></head>
<body><header><b>ThePixStock</b><a href="/">Shop</a><a href="/dev/mail">Mail</a><a href="/dev/paynoi">Payments</a></header>
<main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}
