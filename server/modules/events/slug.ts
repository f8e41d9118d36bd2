import { randomBytes } from 'node:crypto';

const random = () => randomBytes(3).toString('hex');

/** "Bangkok Night Run 2026" -> bangkok-night-run-2026; a name without Latin letters gets `<fallback>-<random>`. */
export function slugFrom(name: string, fallback: string, maxLength = 60): string {
  const slug = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, maxLength)
    .replace(/-+$/, '');
  return /[a-z].*[a-z0-9]/.test(slug) ? slug : `${fallback}-${random()}`;
}

export const anotherSlug = (slug: string): string => `${slug.slice(0, 55)}-${random()}`;
