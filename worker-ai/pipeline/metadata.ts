import exifr from 'exifr';

/** What is kept of a photo's EXIF. A position is noticed and thrown away. */
export interface PhotoMetadata {
  takenAt: Date | null;
  /** As the camera wrote it: `2026-11-22T06:30:12`, plus its offset when it knew one. */
  takenAtLocal: string | null;
  cameraMake: string | null;
  cameraModel: string | null;
  lensModel: string | null;
  iso: number | null;
  exposureSeconds: number | null;
  fNumber: number | null;
  focalLengthMm: number | null;
  orientation: number | null;
  hadGps: boolean;
}

const tags = [
  'Make',
  'Model',
  'LensModel',
  'ISO',
  'ExposureTime',
  'FNumber',
  'FocalLength',
  'Orientation',
  'DateTimeOriginal',
  'CreateDate',
  'OffsetTimeOriginal',
  'OffsetTime',
  'SubSecTimeOriginal',
  'GPSLatitude',
  'GPSLongitude',
];

/** Reads the EXIF of a file; damaged or missing EXIF gives nulls, never an error. `timeZone`: where a camera's clock is set. */
export async function readMetadata(file: string | Buffer, timeZone: string): Promise<PhotoMetadata> {
  const exif = ((await exifr
    .parse(file, { pick: tags, gps: true, translateValues: false, reviveValues: false, mergeOutput: true })
    .catch(() => undefined)) ?? {}) as Record<string, unknown>;
  const local = parseLocal(exif.DateTimeOriginal) ?? parseLocal(exif.CreateDate);
  const offset = parseOffset(exif.OffsetTimeOriginal) ?? parseOffset(exif.OffsetTime);
  return {
    takenAt: local ? toInstant(local, offset, timeZone) : null,
    takenAtLocal: local ? `${local}${offset ?? ''}` : null,
    cameraMake: text(exif.Make),
    cameraModel: text(exif.Model),
    lensModel: text(exif.LensModel),
    iso: integer(exif.ISO, 1, 10_000_000),
    exposureSeconds: positive(exif.ExposureTime, 86_400),
    fNumber: positive(exif.FNumber, 1_000),
    focalLengthMm: positive(exif.FocalLength, 100_000),
    orientation: integer(exif.Orientation, 1, 8),
    hadGps: ['latitude', 'longitude', 'GPSLatitude', 'GPSLongitude'].some((key) => exif[key] !== undefined),
  };
}

function parseLocal(value: unknown): string | null {
  const match = /^(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(
    typeof value === 'string' ? value : '',
  );
  if (!match) return null;
  const local = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  return Number.isNaN(Date.parse(`${local}Z`)) || match[1]! < '1990' ? null : local;
}

function parseOffset(value: unknown): string | null {
  return typeof value === 'string' && /^[+-]\d{2}:\d{2}$/.test(value) ? value : null;
}

/** Local time of a zone as an instant; a time that the zone skipped comes out an hour off, as clocks do. */
export function toInstant(local: string, offset: string | null, timeZone: string): Date | null {
  const instant = offset ? new Date(`${local}${offset}`) : inZone(local, timeZone);
  if (Number.isNaN(instant.getTime())) return null;
  // A clock set years ahead is no capture time.
  return instant.getTime() > Date.now() + 366 * 24 * 3600_000 ? null : instant;
}

function inZone(local: string, timeZone: string): Date {
  const asUtc = Date.parse(`${local}Z`);
  let guess = asUtc;
  for (let i = 0; i < 2; i++) guess = asUtc - offsetAt(guess, timeZone);
  return new Date(guess);
}

/** Milliseconds that the zone is ahead of UTC at an instant. An unknown zone counts as UTC. */
function offsetAt(instant: number, timeZone: string): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch {
    return 0;
  }
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const shown = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  return shown - Math.floor(instant / 1000) * 1000;
}

const text = (value: unknown): string | null => {
  if (typeof value !== 'string') return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: cameras pad with NUL, and PostgreSQL takes none
  const clean = value.replace(/[\u0000-\u001f\u007f]/g, ' ').trim();
  return clean ? clean.slice(0, 120) : null;
};
const positive = (value: unknown, max: number): number | null =>
  typeof value === 'number' && value > 0 && value <= max ? value : null;
const integer = (value: unknown, min: number, max: number): number | null => {
  const number = Array.isArray(value) ? value[0] : value;
  return Number.isInteger(number) && (number as number) >= min && (number as number) <= max ? (number as number) : null;
};
