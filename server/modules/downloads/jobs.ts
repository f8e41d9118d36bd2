import type { JobHandlers } from '#server/platform/queue.ts';
import type { DownloadsService } from './service.ts';

/** Delivery of what landed after the sale, and checksums for the ZIP before anybody waits for them. */
export const downloadsJobHandlers = ({ downloads }: { downloads: DownloadsService }): JobHandlers => ({
  'deliver-originals': ({ orderId }) => downloads.deliverLanded(orderId),
  'sweep-downloads': async () => {
    for (const orderId of await downloads.ordersToTell()) await downloads.deliverLanded(orderId);
    await downloads.fillCrcs(100);
  },
});
