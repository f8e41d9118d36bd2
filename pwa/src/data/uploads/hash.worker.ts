/// <reference lib="webworker" />
export {};

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Answers `{id, sha256}` (hex) or `{id, error}` to `{id, file}`; one file in memory at a time. */
scope.onmessage = async ({ data }: MessageEvent<{ id: string; file: Blob }>) => {
  try {
    const digest = await crypto.subtle.digest('SHA-256', await data.file.arrayBuffer());
    const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    scope.postMessage({ id: data.id, sha256 });
  } catch (error) {
    scope.postMessage({ id: data.id, error: error instanceof Error ? error.name : 'unreadable' });
  }
};
