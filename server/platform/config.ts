import path from 'node:path';
import { z } from 'zod';

const flag = z.enum(['0', '1', 'true', 'false', '']).transform((v) => v === '1' || v === 'true');
const secret = z.string().min(16);

const schema = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  PUBLIC_URL: z.url().optional(),
  DATA_DIR: z.string().default('./.data'),
  EMBEDDED: flag.default(false),
  DEMO: flag.default(false),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  DATABASE_URL: z.url(),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(12),
  REDIS_URL: z
    .url()
    .optional()
    .or(z.literal('').transform(() => undefined)),
  S3_ENDPOINT: z.url(),
  S3_ACCESS_KEY: z.string().min(1),
  S3_SECRET_KEY: z.string().min(1),
  S3_BUCKET: z.string().default('thepixstock'),
  S3_REGION: z.string().default('us-east-1'),
  SMTP_URL: z.url(),
  MAIL_FROM: z.string().default('ThePixStock <no-reply@thepixstock.test>'),
  PAYNOI_BASE_URL: z.url(),
  PAYNOI_API_KEY: z.string().min(1),
  PAYNOI_KEY_ID: z.string().default('100568'),
  PAYNOI_ACCOUNT: z.string().default(''),
  PAYNOI_TYPE: z.string().default('1'),
  PAYNOI_RECORD_KEY: z.string().default(''),
  PAYNOI_FEED_URL: z.url().optional(),
  PAYMENT_PROVIDER: z.enum(['paynoi', 'omise']).default('paynoi'),
  OMISE_BASE_URL: z.url().optional(),
  OMISE_SECRET_KEY: z.string().default(''),
  OMISE_WEBHOOK_SECRET: z.string().default(''),
  OMISE_SOURCE_TYPE: z.string().default('alipay'),
  VAPID_PRIVATE_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes, base64url')
    .optional()
    .or(z.literal('').transform(() => undefined)),
  VAPID_SUBJECT: z
    .string()
    .regex(/^(mailto:|https:)/, 'mailto: or https:')
    .optional(),
  PUSH_HOSTS: z.string().default(''),
  LINE_CHANNEL_TOKEN: z.string().default(''),
  LINE_CHANNEL_SECRET: z.string().default(''),
  LINE_ACCOUNT_ID: z.string().default(''),
  LINE_API_URL: z.url().default('https://api.line.me'),
  AUTH_SECRET: secret,
  LINK_SECRET: secret,
  BANK_ENCRYPTION_KEY: secret,
  WORKER_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  FACE_MODELS_DIR: z.string().optional(),
  FACE_DETECTORS: z.string().default(''),
  FACE_INDEX_MB: z.coerce.number().int().min(16).max(3800).default(512),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  TRUST_PROXY: z.string().default('loopback'),
  RATE_LIMIT_SCALE: z.coerce.number().positive().default(1),
  RATE_LIMIT_PER_IP: z.coerce.number().int().min(1).default(6000),
  DEV_SERVICES_URL: z.url().optional(),
  PWA_DIR: z.string().default('./pwa/dist'),
});

/** What goes together: a gateway needs its keys; an empty webhook secret would let anybody sign. */
const checked = schema.superRefine((env, context) => {
  const needsOmise = env.OMISE_BASE_URL !== undefined || env.PAYMENT_PROVIDER === 'omise';
  const needed = { OMISE_BASE_URL: env.OMISE_BASE_URL, OMISE_SECRET_KEY: env.OMISE_SECRET_KEY };
  if (!needsOmise) return;
  for (const [name, value] of Object.entries(needed))
    if (!value) context.addIssue({ code: 'custom', path: [name], message: 'needed for this payment provider' });
  if (env.OMISE_WEBHOOK_SECRET.length < 16)
    context.addIssue({ code: 'custom', path: ['OMISE_WEBHOOK_SECRET'], message: 'at least 16 characters' });
});

type Env = z.output<typeof schema>;
export type Config = Readonly<ReturnType<typeof shape>>;

function shape(env: Env) {
  const publicUrl = (env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`).replace(/\/$/, '');
  return {
    environment: env.NODE_ENV,
    isProduction: env.NODE_ENV === 'production',
    /** The embedded mode has demo accounts and /dev/*; never in production. */
    isEmbedded: env.EMBEDDED && env.NODE_ENV !== 'production',
    isDemo: env.EMBEDDED && env.DEMO && env.NODE_ENV !== 'production',
    host: env.HOST,
    port: env.PORT,
    publicUrl,
    dataDir: path.resolve(env.DATA_DIR),
    pwaDir: path.resolve(env.PWA_DIR),
    logLevel: env.LOG_LEVEL,
    databaseUrl: env.DATABASE_URL,
    databasePool: env.DATABASE_POOL,
    redisUrl: env.REDIS_URL,
    s3: {
      endpoint: env.S3_ENDPOINT,
      accessKey: env.S3_ACCESS_KEY,
      secretKey: env.S3_SECRET_KEY,
      bucket: env.S3_BUCKET,
      region: env.S3_REGION,
    },
    mail: { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM },
    paynoi: {
      baseUrl: env.PAYNOI_BASE_URL,
      apiKey: env.PAYNOI_API_KEY,
      keyId: env.PAYNOI_KEY_ID,
      account: env.PAYNOI_ACCOUNT,
      type: env.PAYNOI_TYPE,
      recordKey: env.PAYNOI_RECORD_KEY || undefined,
      feedUrl: env.PAYNOI_FEED_URL,
    },
    /** Which gateway new payments go to; the others that are set up still answer for theirs. */
    paymentProvider: env.PAYMENT_PROVIDER,
    omise: env.OMISE_BASE_URL
      ? {
          baseUrl: env.OMISE_BASE_URL.replace(/\/$/, ''),
          secretKey: env.OMISE_SECRET_KEY,
          webhookSecret: env.OMISE_WEBHOOK_SECRET,
          sourceType: env.OMISE_SOURCE_TYPE,
        }
      : undefined,
    /** undefined: no web push. */
    push: env.VAPID_PRIVATE_KEY
      ? {
          privateKey: env.VAPID_PRIVATE_KEY,
          subject: env.VAPID_SUBJECT ?? (publicUrl.startsWith('https:') ? publicUrl : 'mailto:push@thepixstock.test'),
          moreHosts: env.PUSH_HOSTS.split(',')
            .map((host) => host.trim())
            .filter(Boolean),
        }
      : undefined,
    /** undefined: no LINE messages. */
    line:
      env.LINE_CHANNEL_TOKEN && env.LINE_CHANNEL_SECRET
        ? {
            token: env.LINE_CHANNEL_TOKEN,
            secret: env.LINE_CHANNEL_SECRET,
            accountId: env.LINE_ACCOUNT_ID || null,
            apiUrl: env.LINE_API_URL.replace(/\/$/, ''),
          }
        : undefined,
    secrets: { auth: env.AUTH_SECRET, link: env.LINK_SECRET, bank: env.BANK_ENCRYPTION_KEY },
    worker: {
      healthPort: env.WORKER_HEALTH_PORT,
      indexBytes: env.FACE_INDEX_MB * 2 ** 20,
      concurrency: env.WORKER_CONCURRENCY,
      /** Manifests and networks of descriptor spaces beyond the built-in ones. */
      modelsDir: env.FACE_MODELS_DIR || undefined,
      /** Ids of face detectors that are off by themselves. */
      detectors: env.FACE_DETECTORS.split(/[\s,]+/).filter(Boolean),
    },
    trustProxy: env.TRUST_PROXY,
    rateLimit: { perIp: env.RATE_LIMIT_PER_IP, scale: env.RATE_LIMIT_SCALE },
    devServicesUrl: env.EMBEDDED && env.NODE_ENV !== 'production' ? env.DEV_SERVICES_URL : undefined,
  };
}

/** Parses the environment once; throws one error that names every bad variable, without its value. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = checked.safeParse(env);
  if (parsed.success) return shape(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration is not right:\n  ${problems.join('\n  ')}`);
}
