/**
 * True for a Thai tax id (of a person or a company): 13 digits, the last one checks the others.
 * Source: (11 - sum(digit x (13…2)) mod 11) mod 10.
 */
export function isTaxId(text: string): boolean {
  if (!/^\d{13}$/.test(text)) return false;
  const digits = [...text].map(Number);
  const sum = digits.slice(0, 12).reduce((total, digit, index) => total + digit * (13 - index), 0);
  return (11 - (sum % 11)) % 10 === digits[12];
}
