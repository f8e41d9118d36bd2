import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on stdout. Never log an e-mail, a selfie, a descriptor or a query string. */
export function createLogger(level: string, service: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token', '*.descriptor', '*.email'],
  });
}
