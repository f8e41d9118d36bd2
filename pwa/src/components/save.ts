/** A finger is the main pointer: the share sheet is how pictures get into the gallery there. */
export const isPhone = (): boolean => matchMedia('(pointer: coarse)').matches;

const canShare = (files: File[]): boolean => {
  try {
    return typeof navigator.canShare === 'function' && navigator.canShare({ files });
  } catch {
    return false;
  }
};

/** True where "save to photos" goes through the share sheet; a download would land in a folder nobody finds, or trap an installed app on iOS. */
export const savesByShare = (): boolean =>
  isPhone() && canShare([new File([new Uint8Array(1)], 'photo.jpg', { type: 'image/jpeg' })]);

export type SaveOutcome = 'saved' | 'closed' | 'needs-tap';

/** Hands files to the share sheet; `needs-tap` when the tap is too long ago: ask for another. */
export async function shareFiles(files: File[]): Promise<SaveOutcome> {
  try {
    await navigator.share({ files });
    return 'saved';
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') return 'needs-tap';
    if (error instanceof DOMException && error.name === 'AbortError') return 'closed';
    throw error;
  }
}

export function download(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Saves something that is on the device already. */
export async function saveBlob(blob: Blob, name: string): Promise<SaveOutcome> {
  const file = new File([blob], name, { type: blob.type });
  if (isPhone() && canShare([file])) return shareFiles([file]);
  const url = URL.createObjectURL(blob);
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 30_000);
  return 'saved';
}

/** Fetches an original as a file for the share sheet. Rejects when it does not arrive whole. */
export async function fetchFile(url: string, name: string): Promise<File> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`original answered ${response.status}`);
  const blob = await response.blob();
  return new File([blob], name, { type: blob.type || 'image/jpeg' });
}
