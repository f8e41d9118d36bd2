import { startS3 } from './s3.ts';

const { S3_PORT, S3_DIRECTORY, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET } = process.env as Record<string, string>;
const server = await startS3({
  port: Number(S3_PORT),
  directory: S3_DIRECTORY!,
  accessKey: S3_ACCESS_KEY!,
  secretKey: S3_SECRET_KEY!,
  bucket: S3_BUCKET!,
});
console.log(`S3 at ${server.endpoint}`);
process.once('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
