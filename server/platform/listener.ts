import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { Logger } from './logger.ts';

export type Listener = Awaited<ReturnType<typeof createListener>>;

/**
 * One connection that LISTENs on the given channels and emits each payload under the channel's name. It reconnects by
 * itself and then emits 'resync': whatever was notified meanwhile is lost, so followers must look for themselves.
 */
export async function createListener(databaseUrl: string, channels: readonly string[], logger: Logger) {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true });
    next.on('notification', (message) => emitter.emit(message.channel, message.payload ?? ''));
    next.on('error', () => again());
    next.on('end', () => again());
    await next.connect();
    for (const channel of channels) await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    client = next;
  }
  function again(): void {
    if (closed || retry) return;
    client?.removeAllListeners();
    client?.on('error', () => {});
    client = undefined;
    retry = setTimeout(() => {
      retry = undefined;
      connect().then(
        () => emitter.emit('resync', ''),
        (error) => {
          logger.warn({ err: error }, 'listen connection lost');
          again();
        },
      );
    }, 500);
  }
  await connect();
  return {
    on: (channel: string, handler: (payload: string) => void) => {
      emitter.on(channel, handler);
      return () => emitter.off(channel, handler);
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {});
    },
  };
}
