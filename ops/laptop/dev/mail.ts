import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type AddressObject, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { readJson, writeAtomically } from './json-file.ts';

const KEPT_MAILS = 2_000;
const MAX_MAIL_BYTES = 20 * 1024 * 1024;

/** One caught message. `to` holds the envelope's recipients (so Bcc too); `links` every http(s) address in it, once. */
export interface CaughtMail {
  id: string;
  to: string[];
  from: string;
  subject: string;
  text: string;
  html: string;
  /** ISO 8601, when it was caught. */
  date: string;
  links: string[];
  attachments: { name: string; type: string; bytes: number }[];
}

export interface MailStore {
  add(raw: Buffer, envelopeTo: readonly string[]): Promise<CaughtMail>;
  /** Newest first; `to` keeps only mail to that address (case-insensitive). */
  list(to?: string): CaughtMail[];
  find(id: string): CaughtMail | undefined;
}

function linksOf(text: string, html: string): string[] {
  const inHtml = [...html.matchAll(/href="(https?:[^"]+)"/g)].map((match) => match[1]!.replaceAll('&amp;', '&'));
  const inText = [...text.matchAll(/https?:\/\/[^\s<>"')\]]+/g)].map((match) => match[0]);
  return [...new Set([...inHtml, ...inText])];
}

const firstText = (address: AddressObject | undefined): string => address?.text ?? '';

/** Mail in `directory`, one file each, named so that their order is the order of arrival. */
export function openMailStore(directory: string): MailStore {
  mkdirSync(directory, { recursive: true });
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const kept = files.map((file) => ({ file, mail: readJson<CaughtMail>(path.join(directory, file))! }));
  let sequence = Number.parseInt(files.at(-1) ?? '0', 10);

  return {
    async add(raw, envelopeTo) {
      const parsed = await simpleParser(raw);
      const text = parsed.text ?? '';
      const html = parsed.html || '';
      const mail: CaughtMail = {
        id: randomUUID(),
        to: [...envelopeTo],
        from: firstText(parsed.from),
        subject: parsed.subject ?? '',
        text,
        html,
        date: new Date().toISOString(),
        links: linksOf(text, html),
        attachments: parsed.attachments.map((attachment) => ({
          name: attachment.filename ?? 'unnamed',
          type: attachment.contentType,
          bytes: attachment.size,
        })),
      };
      sequence += 1;
      const file = `${String(sequence).padStart(9, '0')}-${mail.id}.json`;
      writeAtomically(path.join(directory, file), JSON.stringify(mail));
      kept.push({ file, mail });
      for (const old of kept.splice(0, Math.max(0, kept.length - KEPT_MAILS))) {
        rmSync(path.join(directory, old.file), { force: true });
      }
      return mail;
    },
    list(to) {
      const wanted = to?.trim().toLowerCase();
      const mails = kept.map((entry) => entry.mail).reverse();
      return wanted ? mails.filter((mail) => mail.to.some((address) => address.toLowerCase() === wanted)) : mails;
    },
    find: (id) => kept.find((entry) => entry.mail.id === id)?.mail,
  };
}

/**
 * Accepts mail for anybody on loopback, without TLS or a password, and answers 250 only once it is on disk. Port 0
 * takes a free one. Rejects when the port is taken.
 */
export async function startSmtp(port: number, store: MailStore): Promise<{ port: number; close(): Promise<void> }> {
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    size: MAX_MAIL_BYTES,
    logger: false,
    onAuth: (_auth, _session, done) => done(null, { user: 'anybody' }),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('message too large'), { responseCode: 552 }));
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        store.add(Buffer.concat(chunks), to).then(
          (mail) => done(null, `kept as ${mail.id}`),
          (error: Error) => done(error),
        );
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => console.error('smtp:', error.message));
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
