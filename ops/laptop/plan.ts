import path from 'node:path';
import { type Secrets, StartError } from './data-dir.ts';

/** Which services we start ourselves, and on what. Read once from the environment. */
export interface Plan {
  port: number;
  host: string;
  url: string;
  dataDir: string;
  isDemo: boolean;
  isProduction: boolean;
  isDev: boolean;
  /** True: ours. False: its address was given. `redis` is ours only if the machine has one. */
  embeds: { postgres: boolean; redis: boolean; s3: boolean; mail: boolean; paynoi: boolean };
}

const NEEDED_WITH: Record<string, readonly string[]> = {
  S3_ENDPOINT: ['S3_ACCESS_KEY', 'S3_SECRET_KEY'],
  PAYNOI_BASE_URL: ['PAYNOI_API_KEY'],
  OMISE_BASE_URL: ['OMISE_SECRET_KEY', 'OMISE_WEBHOOK_SECRET'],
};

/** Throws StartError with one sentence for what is wrong in the environment. */
export function makePlan(env: NodeJS.ProcessEnv, args: readonly string[]): Plan {
  const port = Number(env.PORT || '8080');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartError('PORT must be a number from 1 to 65535.');
  for (const [variable, others] of Object.entries(NEEDED_WITH)) {
    const missing = others.filter((other) => env[variable] && !env[other]);
    if (missing.length > 0) throw new StartError(`${variable} is set, so ${missing.join(' and ')} must be set too.`);
  }
  const isProduction = env.NODE_ENV === 'production';
  const embeds = {
    postgres: !env.DATABASE_URL,
    redis: env.REDIS_URL === undefined,
    s3: !env.S3_ENDPOINT,
    mail: !env.SMTP_URL,
    paynoi: !env.PAYNOI_BASE_URL,
  };
  if (isProduction && (embeds.mail || embeds.paynoi)) {
    throw new StartError(
      'NODE_ENV is production: there the mail catcher and the payment simulator never run. Set SMTP_URL, PAYNOI_BASE_URL and PAYNOI_API_KEY, or unset NODE_ENV.',
    );
  }
  const host = env.HOST || '127.0.0.1';
  return {
    port,
    host,
    url: `http://127.0.0.1:${port}`,
    dataDir: path.resolve(env.DATA_DIR || './.data'),
    isDemo: !isProduction && env.DEMO !== '0' && env.DEMO !== 'false',
    isProduction,
    isDev: args.includes('--dev'),
    embeds,
  };
}

/** The addresses of the services that we run, as environment for API, worker, migrations and seed. */
export interface Addresses {
  databaseUrl: string;
  /** '' when there is no Redis. */
  redisUrl: string;
  s3Endpoint: string;
  smtpUrl: string;
  devServicesUrl: string;
  workerHealthPort: number;
}

/** What is given in `env` stands; the rest is ours. */
export function appEnvironment(env: NodeJS.ProcessEnv, plan: Plan, secrets: Secrets, at: Addresses): NodeJS.ProcessEnv {
  const { embeds } = plan;
  const app: NodeJS.ProcessEnv = {
    NODE_ENV: 'development',
    PUBLIC_URL: plan.url,
    AUTH_SECRET: secrets.auth,
    BANK_ENCRYPTION_KEY: secrets.bank,
    LINK_SECRET: secrets.link,
    VAPID_PRIVATE_KEY: Buffer.from(secrets.vapid, 'hex').toString('base64url'),
    S3_BUCKET: 'thepixstock',
    S3_REGION: 'us-east-1',
    ...env,
    PORT: String(plan.port),
    HOST: plan.host,
    DATA_DIR: plan.dataDir,
    EMBEDDED: plan.isProduction ? '0' : '1',
    DEMO: plan.isDemo ? '1' : '0',
    WORKER_HEALTH_PORT: String(at.workerHealthPort),
  };
  if (embeds.postgres) app.DATABASE_URL = at.databaseUrl;
  if (embeds.redis) app.REDIS_URL = at.redisUrl;
  if (embeds.s3) {
    Object.assign(app, {
      S3_ENDPOINT: at.s3Endpoint,
      S3_ACCESS_KEY: secrets.s3Access.slice(0, 20),
      S3_SECRET_KEY: secrets.s3Secret,
    });
  }
  if (embeds.mail) app.SMTP_URL = at.smtpUrl;
  if (embeds.paynoi)
    Object.assign(app, {
      PAYNOI_BASE_URL: `${at.devServicesUrl}/dev/paynoi/api`,
      PAYNOI_API_KEY: secrets.paynoiKey,
      PAYNOI_RECORD_KEY: secrets.paynoiRecord,
    });
  if (embeds.paynoi && !env.OMISE_BASE_URL)
    Object.assign(app, {
      OMISE_BASE_URL: `${at.devServicesUrl}/dev/omise/api`,
      OMISE_SECRET_KEY: secrets.omiseKey,
      OMISE_WEBHOOK_SECRET: secrets.omiseWebhook,
    });
  if (embeds.mail || embeds.paynoi) app.DEV_SERVICES_URL = at.devServicesUrl;
  return app;
}
