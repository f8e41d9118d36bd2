import type { JobHandler } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';

/** Removes stored objects; one that is gone already counts as removed. */
export const createDeleteObjectsJob =
  (storage: Storage): JobHandler<'delete-objects'> =>
  async ({ keys }) => {
    for (const key of keys) {
      try {
        await storage.remove([key]);
      } catch (error) {
        const code = (error as { code?: string }).code;
        if (code !== 'NotFound' && code !== 'NoSuchKey') throw error;
      }
    }
  };
