const LONGEST_SIDE = 1280;
/** Beyond this a phone may have no room to unpack it. */
const MOST_PIXELS = 150_000_000;
/** From here on the browser shrinks while it unpacks, so that the large picture is never held beside the small one. */
const LARGE_PIXELS = 12_000_000;

/** The file is no picture that this browser can read (HEIC outside of Apple's), or larger than a device can unpack. */
export class UnreadablePicture extends Error {
  readonly reason: 'format' | 'heic' | 'size';
  constructor(reason: 'format' | 'heic' | 'size', options?: { cause?: unknown }) {
    super(`unreadable: ${reason}`, options);
    this.name = 'UnreadablePicture';
    this.reason = reason;
  }
}

/** Reads a chosen file as upright pixels, at most `longest` on the longer side. Throws UnreadablePicture. */
export async function readPicture(file: Blob, longest = LONGEST_SIDE): Promise<ImageData> {
  const canvas = await drawPicture(file, longest);
  const image = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  free(canvas);
  return image;
}

/** The picture as an upright JPEG without its metadata (place, camera), at most `longest` on the longer side. Throws UnreadablePicture. */
export async function shrinkPicture(file: Blob, longest: number): Promise<Blob> {
  const canvas = await drawPicture(file, longest);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9));
  free(canvas);
  if (!blob) throw new UnreadablePicture('size');
  return blob;
}

async function drawPicture(file: Blob, longest: number): Promise<HTMLCanvasElement> {
  const url = URL.createObjectURL(file);
  const image = new Image();
  let large: ImageBitmap | null = null;
  try {
    image.src = url;
    await image.decode().catch(async (cause: unknown) => {
      throw new UnreadablePicture((await isHeic(file)) ? 'heic' : 'format', { cause });
    });
    // Both are upright: the browser has applied the orientation of the file.
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > MOST_PIXELS) throw new UnreadablePicture('size');
    const scale = Math.min(1, longest / Math.max(width, height));
    const to = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    if (width * height > LARGE_PIXELS) {
      large = await createImageBitmap(image, {
        resizeWidth: to.width,
        resizeHeight: to.height,
        resizeQuality: 'medium',
      }).catch(() => null);
    }
    const canvas = document.createElement('canvas');
    canvas.width = to.width;
    canvas.height = to.height;
    contextOf(canvas).drawImage(large ?? image, 0, 0, to.width, to.height);
    return canvas;
  } finally {
    large?.close();
    image.src = '';
    URL.revokeObjectURL(url);
  }
}

/** By its bytes (`ftyp` with a HEIF brand): files lose their names on the way through chats. */
async function isHeic(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 32).arrayBuffer());
  return /^....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)/s.test(String.fromCharCode(...head));
}

let frameCanvas: HTMLCanvasElement | null = null;

/** The middle square of the camera's frame of this moment, which is what the circle shows; its side at most `side` pixels. */
export function readFrame(video: HTMLVideoElement, side: number): ImageData {
  const from = Math.min(video.videoWidth, video.videoHeight);
  const to = Math.min(side, from);
  // On the page's own canvas: workers of phones a few years old have none.
  frameCanvas ??= document.createElement('canvas');
  if (frameCanvas.width !== to) frameCanvas.width = to;
  if (frameCanvas.height !== to) frameCanvas.height = to;
  const context = contextOf(frameCanvas);
  const left = (video.videoWidth - from) / 2;
  const top = (video.videoHeight - from) / 2;
  context.drawImage(video, left, top, from, from, 0, 0, to, to);
  return context.getImageData(0, 0, to, to);
}

/** The last frame is gone from memory with its canvas. */
export function dropFrame(): void {
  if (frameCanvas) free(frameCanvas);
  frameCanvas = null;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new UnreadablePicture('size');
  return context;
}

/** iOS counts canvases against a small budget until they are collected. */
function free(canvas: HTMLCanvasElement): void {
  canvas.width = 0;
  canvas.height = 0;
}
