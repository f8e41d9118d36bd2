import { readFile } from 'node:fs/promises';

/** Flags of /proc/cpuinfo that say: four products of bytes are added up in one step, in 32 bits and without saturation. */
const FLAGS = /^flags\s*:.*\b(avx512_vnni|avx_vnni)\b/m;

/**
 * Whether 8-bit networks are faster than floats here, and as exact. Older x86 processors add products of bytes in 16 bits, which overflow.
 * False where it was not tried: other processors, other systems than Linux.
 */
export async function canMultiplyBytes(): Promise<boolean> {
  return readFile('/proc/cpuinfo', 'utf8').then(
    (text) => FLAGS.test(text),
    () => false,
  );
}
