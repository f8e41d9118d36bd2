import { startDevServices } from './dev-services.ts';

const env = process.env as Record<string, string>;
const services = await startDevServices({
  port: Number(env.DEV_SERVICES_PORT),
  smtpPort: Number(env.DEV_SMTP_PORT),
  directory: env.DEV_SERVICES_DIR!,
  webhookUrl: env.PAYNOI_WEBHOOK_URL!,
  apiKey: env.PAYNOI_API_KEY!,
  recordKey: env.PAYNOI_RECORD_KEY!,
  ...(env.OMISE_SECRET_KEY && {
    omise: {
      secretKey: env.OMISE_SECRET_KEY,
      webhookSecret: env.OMISE_WEBHOOK_SECRET!,
      publicUrl: env.PUBLIC_URL!,
    },
  }),
});
console.log(`mail catcher and payment simulator at ${services.url}, ${services.smtpUrl}`);
process.once('SIGTERM', async () => {
  await services.close();
  process.exit(0);
});
