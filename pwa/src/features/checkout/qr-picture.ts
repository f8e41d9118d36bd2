/** What is written beside the QR, so that the picture still says what it is for when it is found among others. */
export interface QrPicture {
  /** PNG of the gateway, base64. */
  qrImageBase64: string;
  /** Written large: "฿250.24". */
  amount: string;
  /** "PromptPay". */
  title: string;
  /** "Order TPS-…". */
  order: string;
  /** "Pay before 14:35"; empty: left out. */
  until: string;
}
const WIDTH = 1080;
const HEIGHT = 1440;
const SIDE = 760;
/** Scanners ask for four modules of white around a code; this is more than that for every version of it. */
const QUIET = 90;

/**
 * The QR as a picture for the bank app on the same phone: upright, white, the code large and sharp with a wide quiet zone, amount and
 * order number written on it. Rejects when the browser cannot draw (the plain QR is saved then).
 */
export async function drawQrPicture(picture: QrPicture): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/png;base64,${picture.qrImageBase64}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const font = getComputedStyle(document.body).fontFamily;
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.textAlign = 'center';
  const write = (text: string, y: number, size: number, weight: number, colour: string): void => {
    context.font = `${weight} ${size}px ${font}`;
    context.fillStyle = colour;
    context.fillText(text, WIDTH / 2, y, WIDTH - 2 * QUIET);
  };
  write(picture.title, 130, 46, 600, '#575b63');
  write(picture.amount, 270, 124, 700, '#1a1a1a');
  const top = 270 + QUIET;
  const left = (WIDTH - SIDE) / 2;
  // Whole pixels for each module where the code is small; a large one is only ever made smaller.
  context.imageSmoothingEnabled = image.naturalWidth > SIDE;
  context.drawImage(image, left, top, SIDE, SIDE);
  const below = top + SIDE + QUIET;
  write(picture.order, below + 40, 44, 600, '#1a1a1a');
  if (picture.until) write(picture.until, below + 110, 40, 400, '#575b63');
  write('ThePixStock', below + 190, 34, 400, '#8b9099');
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'),
  );
}
