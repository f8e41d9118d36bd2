/** Race numbers as they are kept and looked for: capital letters, digits and hyphens, 1 to 12 of them. */
export const BIB = /^[A-Z0-9-]{1,12}$/;
export const BIBS_PER_PHOTO = 40;

/** " 1 234" -> "1234", "a-12" -> "A-12"; Thai digits count as digits; null when it is no bib. */
export function normalBib(text: string): string | null {
  const bib = text
    .normalize('NFKC')
    .replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0xe50))
    .replace(/[\s.#]+/g, '')
    .replace(/[‐-―−]/g, '-')
    .toUpperCase();
  return BIB.test(bib) ? bib : null;
}
