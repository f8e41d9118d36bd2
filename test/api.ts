import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { startDevServices } from '#ops/laptop/dev-services.ts';
import { createApp } from '#server/app.ts';
import { hashPassword } from '#server/auth/better-auth.ts';
import { readConfig } from '#server/platform/config.ts';
import { startOutboxRelay } from '#server/platform/outbox.ts';
import { openPlatform } from '#server/platform/platform.ts';
import { createTestDatabase } from './database.ts';

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;
type Role = 'customer' | 'photographer' | 'organizer' | 'admin';

/** The real API on a database, mail catcher and gateway simulator of its own, with the shared S3 store of the tests. */
export async function startTestApi() {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'thepixstock-api-'));
  const database = await createTestDatabase();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const dev = await startDevServices({
    port: 0,
    smtpPort: 0,
    directory: path.join(directory, 'dev'),
    webhookUrl: `${url}/api/payment/webhook`,
    apiKey: 'test-api-key',
    recordKey: 'test-record-key',
  });
  const config = readConfig({
    NODE_ENV: 'test',
    EMBEDDED: '1',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    PUBLIC_URL: url,
    DATA_DIR: directory,
    DATABASE_URL: database.url,
    S3_ENDPOINT: process.env.TEST_S3_ENDPOINT,
    S3_ACCESS_KEY: process.env.TEST_S3_ACCESS_KEY,
    S3_SECRET_KEY: process.env.TEST_S3_SECRET_KEY,
    S3_BUCKET: process.env.TEST_S3_BUCKET,
    SMTP_URL: dev.smtpUrl,
    PAYNOI_BASE_URL: `${dev.url}/dev/paynoi/api`,
    PAYNOI_API_KEY: 'test-api-key',
    DEV_SERVICES_URL: dev.url,
    AUTH_SECRET: 'auth-secret-for-tests',
    LINK_SECRET: 'link-secret-for-tests',
    BANK_ENCRYPTION_KEY: 'bank-secret-for-tests',
    RATE_LIMIT_SCALE: '1000',
    RATE_LIMIT_PER_IP: '1000000',
  });
  const platform = await openPlatform(config, 'api');
  const { app, modules, closeStreams } = createApp(platform);
  const relay = startOutboxRelay({ ...platform });
  platform.queues.consume('server', modules.jobHandlers, 4);
  server.on('request', app);

  return {
    url,
    db: database.db,
    platform,
    modules,
    /** Makes an account of that role and answers its bearer token. */
    async signIn(role: Role, email = `${role}@example.test`): Promise<string> {
      const password = 'Right-Pass-2026';
      const user = await database.db
        .insertInto('users')
        .values({ email, name: role, role, email_verified: true })
        .returning('id')
        .executeTakeFirstOrThrow();
      await database.db
        .insertInto('accounts')
        .values({
          user_id: user.id,
          account_id: user.id,
          provider_id: 'credential',
          password: await hashPassword(password),
        })
        .execute();
      const response = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      });
      if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
      return ((await response.json()) as { token: string }).token;
    },
    async stop(): Promise<void> {
      closeStreams();
      server.close();
      server.closeAllConnections();
      await relay.stop();
      await modules.close();
      await platform.close();
      await dev.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
