/** Why there is no camera: refused, not there, or held by another app. */
export type CameraFailure = 'denied' | 'none' | 'busy';

export class CameraError extends Error {
  readonly reason: CameraFailure;
  constructor(reason: CameraFailure, options?: { cause?: unknown }) {
    super(`camera: ${reason}`, options);
    this.name = 'CameraError';
    this.reason = reason;
  }
}

export interface Camera {
  readonly stream: MediaStream;
  /** Shows the person like a mirror: everything but the camera on the back. */
  readonly isMirrored: boolean;
  /** Known only once a camera was allowed. */
  readonly count: number;
  stop(): void;
}

const SIZE = { width: { ideal: 1280 }, height: { ideal: 960 } };

/**
 * Opens the camera on the front, or the one after `after`. `onLost` is called when the system takes it away (a call, a cable).
 * Throws CameraError.
 */
export async function openCamera(onLost: () => void, after: Camera | null = null): Promise<Camera> {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw new CameraError('none');
  const video = after ? await nextAfter(after) : { facingMode: 'user' };
  after?.stop(); // a phone opens one at a time
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ audio: false, video: { ...SIZE, ...video } });
  } catch (cause) {
    throw new CameraError(reasonOf(cause), { cause });
  }
  const [track] = stream.getVideoTracks();
  track?.addEventListener('ended', onLost);
  return {
    stream,
    isMirrored: track?.getSettings().facingMode !== 'environment',
    count: (await cameras()).length,
    stop() {
      track?.removeEventListener('ended', onLost);
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

const cameras = async (): Promise<MediaDeviceInfo[]> => {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return all.filter(({ kind }) => kind === 'videoinput');
};

async function nextAfter(camera: Camera): Promise<MediaTrackConstraints> {
  const settings = camera.stream.getVideoTracks()[0]?.getSettings();
  // Phones have several lenses a side: by side there, by device on a desk.
  if (settings?.facingMode) return { facingMode: settings.facingMode === 'environment' ? 'user' : 'environment' };
  const all = await cameras();
  const at = all.findIndex(({ deviceId }) => deviceId === settings?.deviceId);
  const next = all[(at + 1) % Math.max(1, all.length)];
  return next ? { deviceId: { exact: next.deviceId } } : {};
}

function reasonOf(cause: unknown): CameraFailure {
  const name = cause instanceof DOMException ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'none';
}
