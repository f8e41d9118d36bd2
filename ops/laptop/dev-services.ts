import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import { JsonFile } from './dev/json-file.ts';
import { openMailStore, startSmtp } from './dev/mail.ts';
import { mailRoutes } from './dev/mail-pages.ts';
import { DEV_CSS, DEV_JS } from './dev/page.ts';
import { openOmise } from './omise/gateway.ts';
import { omiseRoutes } from './omise/routes.ts';
import { emptyOmise } from './omise/state.ts';
import { openGateway, openGatewayFile } from './paynoi/gateway.ts';
import { paynoiRoutes } from './paynoi/routes.ts';
import { openWebhookSender } from './paynoi/webhooks.ts';

export interface DevServicesOptions {
  /** 0 takes a free port, here and for SMTP. */
  port: number;
  smtpPort: number;
  directory: string;
  /** Where the simulator tells the shop of payments. */
  webhookUrl: string;
  apiKey: string;
  recordKey: string;
  /** The fake gateway with a hosted page; its webhooks go to `webhookUrl`/omise. */
  omise?: { secretKey: string; webhookSecret: string; publicUrl?: string };
  now?: () => Date;
}

export interface DevServices {
  /** http://127.0.0.1:port; the pages and the protocol are under /dev. */
  url: string;
  smtpUrl: string;
  close(): Promise<void>;
}

const THAI_FONT = createRequire(import.meta.url).resolve(
  '@fontsource/ibm-plex-sans-thai/files/ibm-plex-sans-thai-thai-400-normal.woff2',
);

/** The mail catcher and the simulated gateways, on loopback only. Rejects when a port is taken. */
export async function startDevServices(options: DevServicesOptions): Promise<DevServices> {
  const { directory, apiKey, recordKey, webhookUrl: url, now = () => new Date() } = options;
  const mails = openMailStore(path.join(directory, 'mail'));
  const file = openGatewayFile(path.join(directory, 'paynoi.json'));
  const webhooks = openWebhookSender({ file, url, apiKey, now });
  const gateway = openGateway(file, webhooks, now);

  const app = express();
  app.disable('x-powered-by');
  app.get('/dev/assets/dev.css', (_req, res) => void res.type('css').send(DEV_CSS));
  app.get('/dev/assets/dev.js', (_req, res) => void res.type('js').send(DEV_JS));
  app.get('/dev/assets/thai.woff2', (_req, res) => res.sendFile(THAI_FONT, { dotfiles: 'allow' }));
  app.get('/dev', (_req, res) => res.redirect('/dev/paynoi'));
  app.use(mailRoutes(mails));
  app.use(paynoiRoutes({ gateway, webhooks, apiKey, recordKey }));

  const { omise } = options;
  let ownUrl = '';
  const publicUrl = () => omise?.publicUrl ?? ownUrl;
  const hosted =
    omise &&
    openOmise({
      file: new JsonFile(path.join(directory, 'omise.json'), emptyOmise()),
      webhookUrl: `${url}/omise`,
      webhookSecret: omise.webhookSecret,
      publicUrl,
      now,
    });
  if (hosted) app.use(omiseRoutes({ gateway: hosted, secretKey: omise.secretKey, publicUrl }));

  const smtp = await startSmtp(options.smtpPort, mails);
  const server = createServer(app);
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  ownUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  webhooks.wake();
  return {
    url: ownUrl,
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    async close() {
      hosted?.close();
      await webhooks.close();
      await smtp.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
