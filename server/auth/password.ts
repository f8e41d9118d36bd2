import { AppError } from '#contracts/errors.ts';

/** 8 to 200 characters with an upper case letter, a lower case letter and a digit; throws auth.weak_password. */
export function requireStrongPassword(password: string): void {
  const rules: [string, boolean][] = [
    ['length', [...password].length >= 8 && password.length <= 200],
    ['upper', /\p{Lu}/u.test(password)],
    ['lower', /\p{Ll}/u.test(password)],
    ['digit', /\d/.test(password)],
  ];
  const missing = rules.filter(([, isMet]) => !isMet).map(([name]) => name);
  if (missing.length > 0) throw new AppError('auth.weak_password', { missing });
}
