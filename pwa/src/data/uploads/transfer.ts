import { type DetailedError, Upload } from 'tus-js-client';
import type * as uploadRoutes from '#contracts/http/uploads.ts';
import { call } from '../call.ts';
import type { UploadItem } from './store.ts';

const CHUNK_BYTES = 32 * 1024 * 1024;

export interface Refusal {
  /** HTTP status; 0: no answer at all. */
  status: number;
  /** Our server's error code, when it was our server that spoke. */
  code: string | undefined;
  /** Trying again would be answered the same. */
  final: boolean;
}

export interface TransferEvents {
  /** The server has a place for the bytes. */
  placed: (url: string | undefined) => void;
  progress: (sentBytes: number) => void;
  arrived: (state: 'done' | 'duplicate', photoId: string | undefined) => void;
  refused: (refusal: Refusal) => void;
}

/** Sends one file from wherever the server has it. Not started yet. */
export function createTransfer(item: UploadItem, file: File, events: TransferEvents): Upload {
  const upload = new Upload(file, {
    endpoint: '/api/uploads',
    uploadUrl: item.uploadUrl ?? null,
    metadata: {
      eventId: item.eventId,
      filename: item.name,
      filetype: item.type,
      ...(item.sha256 ? { sha256: item.sha256 } : {}),
    },
    chunkSize: CHUNK_BYTES,
    retryDelays: null, // our own, for all files together
    storeFingerprintForResuming: false,
    onUploadUrlAvailable: () => events.placed(upload.url ?? undefined),
    onProgress: (sent) => events.progress(sent),
    onSuccess: ({ lastResponse }) => {
      const duplicate = lastResponse.getHeader('X-Upload-Result') === 'duplicate';
      events.arrived(duplicate ? 'duplicate' : 'done', lastResponse.getHeader('X-Photo-Id'));
    },
    onError: (error) => events.refused(readRefusal(error as DetailedError)),
  });
  return upload;
}

function readRefusal(error: DetailedError): Refusal {
  const status = error.originalResponse?.getStatus() ?? 0;
  let code: string | undefined;
  try {
    code = (JSON.parse(error.originalResponse?.getBody() ?? '') as { code?: string }).code;
  } catch {
    // not our server's words
  }
  return { status, code, final: status >= 400 && status < 500 && ![401, 408, 409, 423, 425, 429].includes(status) };
}

/** Which of these files the event has already: sha256 -> photo id. */
export async function findKnown(eventId: string, sha256: readonly string[]): Promise<Map<string, string>> {
  if (sha256.length === 0) return new Map();
  const { known } = await call<typeof uploadRoutes.checkUploads>('POST', '/api/uploads/check', {
    body: { eventId, sha256: [...sha256] },
  });
  return new Map(known.map((each) => [each.sha256, each.photoId]));
}
