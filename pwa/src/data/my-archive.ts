import { readProblem } from './api.ts';

const TIMEOUT_MS = 60_000;

/** Everything we hold on this person, as a ZIP. Rejects with ApiProblem, or what the network says. */
export async function loadMyArchive(): Promise<Blob> {
  const response = await fetch('/api/privacy/export.zip', {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw await readProblem(response);
  return response.blob();
}
