import { formatBaht } from '#contracts/money.ts';
import { type TemplateText, valueWords } from './templates.ts';

export type Payload = Record<string, unknown>;
export interface Rendered {
  subject: string;
  text: string;
  html: string;
}

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!);
/** `{{photoCount}}`, or a word that goes by it: `{{photoCount|photo|photos}}`. */
const variable = /\{\{\s*(\w+)\s*(?:\|([^|{}]*)\|([^|{}]*))?\}\}/g;
const button = /^\[([^\]]+)\]\((.+)\)$/;

/** Names between {{ }} that a text uses. */
export const variablesIn = (text: string): string[] => [...text.matchAll(variable)].map((match) => match[1]!);

function show(name: string, payload: Payload, language: 'th' | 'en'): string {
  const value = payload[name];
  if (value === undefined || value === null) return '';
  if (name.endsWith('Satang') && typeof value === 'number') return `฿${formatBaht(value)}`;
  return valueWords[language][String(value)] ?? String(value);
}
/** A text of one line (or few), as plain text. */
export const fillPlain = (text: string, payload: Payload, language: 'th' | 'en'): string =>
  text.replace(variable, (_all, name: string, one?: string, many?: string) =>
    one === undefined ? show(name, payload, language) : String((Number(payload[name]) === 1 ? one : many) ?? ''),
  );

/** Only our kind of link may become a button; anything else stays text. */
const isLink = (url: string) => /^https?:\/\//.test(url);

/** Fills a text with values. Values are data: they are escaped in HTML and never read as template. */
export function render(text: TemplateText, payload: Payload, language: 'th' | 'en', unsubscribeUrl?: string): Rendered {
  const fill = (part: string) => fillPlain(part, payload, language);
  const plain: string[] = [];
  const html: string[] = [];
  for (const paragraph of text.body.trim().split(/\n\s*\n/)) {
    const match = button.exec(paragraph.trim());
    const url = match ? fill(match[2]!).trim() : '';
    if (match && isLink(url)) {
      const label = fill(match[1]!);
      plain.push(`${label}:\n${url}`);
      html.push(buttonHtml(label, url));
    } else {
      const filled = fill(paragraph);
      plain.push(filled);
      html.push(
        `<p style="margin:0 0 16px;font-size:16px;line-height:1.65;color:#1A1A1A">${escapeHtml(filled).replace(/\n/g, '<br>')}</p>`,
      );
    }
  }
  // A header is one line.
  const subject = fill(text.subject).replace(/\s+/g, ' ').trim();
  const end = unsubscribeUrl ? { url: unsubscribeUrl, label: unsubscribeWords[language] } : undefined;
  const foot = end ? `\n${end.label}: ${end.url}\n` : '';
  return {
    subject,
    text: `${plain.join('\n\n')}\n\n— ThePixStock\n${foot}`,
    html: page(subject, html.join('\n'), language, end),
  };
}

const unsubscribeWords = { th: 'ไม่รับอีเมลเรื่องนี้อีก', en: 'No more e-mails of this kind' };

const buttonHtml = (label: string, url: string) =>
  `<table role="presentation" cellpadding="0" cellspacing="0" style="margin:8px 0 24px"><tr><td style="border-radius:8px;background:#D4AF37"><a href="${escapeHtml(url)}" style="display:inline-block;padding:14px 28px;font-size:16px;font-weight:600;color:#1A1A1A;text-decoration:none">${escapeHtml(label)}</a></td></tr></table>
<p style="margin:0 0 16px;font-size:12px;line-height:1.5;color:#6B7280;word-break:break-all">${escapeHtml(url)}</p>`;

const page = (
  title: string,
  content: string,
  language: string,
  end?: { url: string; label: string },
) => `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;background:#F3F4F6;font-family:Inter,'IBM Plex Sans Thai','Noto Sans Thai',-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#F3F4F6"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#FFFFFF;border-radius:12px;overflow:hidden">
<tr><td style="background:#1A1A1A;padding:22px 28px;border-bottom:3px solid #D4AF37"><span style="font-family:'Playfair Display',Georgia,serif;font-size:22px;color:#FFFFFF">The<span style="color:#D4AF37">Pix</span>Stock</span></td></tr>
<tr><td style="padding:28px">
<h1 style="margin:0 0 18px;font-family:'Playfair Display','Noto Serif Thai',Georgia,serif;font-size:22px;line-height:1.35;color:#1A1A1A">${escapeHtml(title)}</h1>
${content}
</td></tr></table>
<p style="margin:16px 0 0;font-size:12px;color:#6B7280">ThePixStock${end ? ` · <a href="${escapeHtml(end.url)}" style="color:#6B7280">${escapeHtml(end.label)}</a>` : ''}</p>
</td></tr></table></body></html>`;
