import { createMessagesService } from '#server/modules/messages/service.ts';
import { systemClock } from '#server/platform/clock.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createFaultPoints, type Side } from './fault-points.ts';
import { compose } from './shop-app.ts';

// A process of its own that settles one payment and kills itself at the n-th call: see medium/money-faults.test.ts.
const input = JSON.parse(process.env.FAULT_CHILD!) as {
  databaseUrl: string;
  gateway: never;
  hosted: never;
  paymentId: string;
  at: number;
  side: Side;
};
const die = () => process.kill(process.pid, 'SIGKILL');
const { db, wrap } = createFaultPoints({ ...input, die });
const services = compose({
  db,
  wrap,
  storage: undefined as never,
  messages: createMessagesService({ db }),
  gateway: input.gateway,
  hosted: input.hosted,
  clock: systemClock,
  logger: createLogger('silent', 'fault-child'),
});
const pending = { id: input.paymentId };
const payment = await services.db
  .selectFrom('payments')
  .selectAll()
  .where('id', '=', pending.id)
  .executeTakeFirstOrThrow();
await services.payments.settle(payment as never, { isUrgent: true });
process.exit(0);
