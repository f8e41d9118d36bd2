import {
  builtInManifests,
  createCatalogue,
  type DescriptorCatalogue,
  type DescriptorManifest,
  descriptorManifest,
} from '#contracts/descriptors.ts';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { sha256Hex } from '#server/platform/crypto.ts';
import type { DbOrTrx } from '#server/platform/db.ts';

/** A descriptor space as this installation has it. */
export interface KnownEngine {
  manifest: DescriptorManifest;
  isInstalled: boolean;
  /** Of the notice as it stands now; null when there is none to accept. */
  noticeHash: string | null;
  accepted: { at: Date; by: string | null } | null;
  isEnabled: boolean;
  isDefault: boolean;
}
export interface KnownEngines {
  catalogue: DescriptorCatalogue;
  all: readonly KnownEngine[];
  find(id: string): KnownEngine | undefined;
  /** The space of new events. */
  default: string;
}

/** What accepting means: the notice in both languages, and what it is about. Another file or licence asks anew. */
export function noticeHashOf(manifest: DescriptorManifest, catalogue: DescriptorCatalogue): string | null {
  if (!manifest.notice) return null;
  const files = catalogue.networksOf(manifest.id).map(({ file }) => file.sha256);
  const { id, source, licence, notice } = manifest;
  return sha256Hex([id, source, licence, notice.th, notice.en, ...files].join('\n'));
}

/**
 * The built-in spaces and those that workers wrote down, with what the operator decided. A manifest that this version cannot
 * read is left out: nothing can be described with it here.
 */
export async function readEngines(db: DbOrTrx): Promise<KnownEngines> {
  const rows = await db
    .selectFrom('face_engines as e')
    .leftJoin('users as u', 'u.id', 'e.accepted_by')
    .selectAll('e')
    .select('u.name as accepted_name')
    .execute();
  const rowOf = new Map(rows.map((row) => [row.engine, row]));
  const builtIn = new Set(builtInManifests.map(({ id }) => id));
  const own = rows.flatMap((row) => {
    const manifest = builtIn.has(row.engine) ? undefined : descriptorManifest.safeParse(row.manifest).data;
    return manifest ? [manifest] : [];
  });
  const catalogue = createCatalogue([...builtInManifests, ...own]);
  const all = catalogue.manifests.map((manifest): KnownEngine => {
    const row = rowOf.get(manifest.id);
    const noticeHash = noticeHashOf(manifest, catalogue);
    const isInstalled = row?.is_installed || manifest.id === CURRENT_ENGINE;
    const isAccepted = noticeHash !== null && row?.notice_hash === noticeHash && row.accepted_at !== null;
    return {
      manifest,
      isInstalled,
      noticeHash,
      accepted: isAccepted ? { at: row.accepted_at!, by: row.accepted_name } : null,
      isEnabled: isInstalled && (noticeHash === null || isAccepted),
      isDefault: row?.is_default ?? false,
    };
  });
  const chosen = all.find((engine) => engine.isDefault && engine.isEnabled)?.manifest.id ?? CURRENT_ENGINE;
  return {
    catalogue,
    all: all.map((engine) => ({ ...engine, isDefault: engine.manifest.id === chosen })),
    find: (id) => all.find(({ manifest }) => manifest.id === id),
    default: chosen,
  };
}
