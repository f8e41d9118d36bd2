import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { lockPhotos, photographerUsers } from './repository.ts';
import { raiseRevisions } from './review.ts';

/**
 * Deletes a photo: a tombstone for the phones, faces and matches gone, stored objects removed by a job. What somebody
 * bought (or is just paying for) keeps its files, original and clean picture included. Throws photo.not_found.
 */
export async function removePhoto(db: Db, id: string, actor: Viewer): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const [photo] = await lockPhotos(trx, [id]);
    if (!photo) throw new AppError('photo.not_found');
    const sold = await trx
      .selectFrom('order_items')
      .innerJoin('orders', 'orders.id', 'order_items.order_id')
      .select('order_items.id')
      .where('order_items.photo_id', '=', id)
      .where('orders.status', 'not in', ['cancelled', 'expired'])
      .limit(1)
      .executeTakeFirst();
    await trx.deleteFrom('face_matches').where('photo_id', '=', id).execute();
    await trx.deleteFrom('faces').where('photo_id', '=', id).execute();
    await trx.deleteFrom('face_engine_failures').where('photo_id', '=', id).execute();
    await trx.deleteFrom('photo_bibs').where('photo_id', '=', id).execute();
    const wasCover = await trx
      .updateTable('events')
      .set({ cover_photo_id: null })
      .where('cover_photo_id', '=', id)
      .returning('id')
      .executeTakeFirst();
    if (!sold) {
      const files = await trx.deleteFrom('photo_files').where('photo_id', '=', id).returning('object_key').execute();
      await trx.deleteFrom('photo_metadata').where('photo_id', '=', id).execute();
      const keys = files.map((file) => file.object_key);
      if (keys.length) await enqueue(trx, 'delete-objects', `photo-${id}`, { keys });
    }
    const revision = (await raiseRevisions(trx, [photo.event_id])).get(photo.event_id)!;
    await trx
      .updateTable('photos')
      .set({ deleted_at: new Date(), face_count: 0, face_spaces: [], revision, updated_at: new Date() })
      .where('id', '=', id)
      .execute();
    if (wasCover) {
      const eventsRevision = await nextRevision(trx, scopes.events());
      await trx.updateTable('events').set({ revision: eventsRevision }).where('id', '=', wasCover.id).execute();
    }
    const users = await photographerUsers(trx, [photo.photographer_id]);
    await notify(trx, users.get(photo.photographer_id)!, {
      type: 'photo.changed',
      photoId: id,
      eventId: photo.event_id,
      status: 'deleted',
    });
    await audit(trx, {
      actorId: actor.userId,
      action: 'photo.delete',
      subjectKind: 'photo',
      subjectId: id,
      details: { eventId: photo.event_id, status: photo.status, keptForBuyers: sold !== undefined },
    });
  });
}
