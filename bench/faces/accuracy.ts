import { cosine } from '#face/descriptor.ts';

/** One labelled photo as both sides describe it; nothing where no face was found. */
export interface Described {
  person: string;
  phone?: Float32Array;
  server?: Float32Array;
}

const FARS = [1e-2, 1e-3, 1e-4, 1e-5];

/**
 * Phone descriptors against server descriptors, all against all but a photo against itself. Shares of pairs of one person that
 * are accepted (percent) where so many pairs of strangers are; a face that was not found is a miss. `against`: the thresholds
 * are those of these photos (upright ones) instead.
 */
export function trueAcceptRates(photos: readonly Described[], against: readonly Described[] = photos) {
  const strangers = scoresOf(against).strangers.sort().reverse();
  const { genuine } = scoresOf(photos);
  const rows = FARS.filter((far) => strangers.length * far >= 10).map((far) => {
    const threshold = strangers[Math.floor(strangers.length * far)]!;
    return [`TAR at FAR ${far}`, percent(genuine.filter((score) => score > threshold).length, genuine.length)];
  });
  return {
    photos: photos.length,
    pairs: genuine.length,
    'not found, phone': photos.filter(({ phone }) => !phone).length,
    'not found, server': photos.filter(({ server }) => !server).length,
    ...(Object.fromEntries(rows) as Record<string, number>),
  };
}

function scoresOf(photos: readonly Described[]): { genuine: number[]; strangers: Float32Array } {
  const genuine: number[] = [];
  const strangers = new Float32Array(photos.length ** 2);
  let count = 0;
  for (const [i, a] of photos.entries()) {
    for (const [k, b] of photos.entries()) {
      if (i === k) continue;
      const isSame = a.person === b.person;
      if (!a.phone || !b.server) {
        if (isSame) genuine.push(Number.NEGATIVE_INFINITY);
      } else if (isSame) genuine.push(cosine(a.phone, b.server));
      else strangers[count++] = cosine(a.phone, b.server);
    }
  }
  return { genuine, strangers: strangers.subarray(0, count) };
}

export const percent = (part: number, whole: number) => Math.round((part / Math.max(1, whole)) * 1000) / 10;
