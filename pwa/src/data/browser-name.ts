/** "Chrome, Android": enough to know which device it was; null when the browser said nothing of use. */
export function browserName(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const browsers: [RegExp, string][] = [
    [/\bLine\//, 'LINE'],
    [/Edg\//, 'Edge'],
    [/SamsungBrowser/, 'Samsung Internet'],
    [/Firefox|FxiOS/, 'Firefox'],
    [/Chrome|CriOS/, 'Chrome'],
    [/Safari/, 'Safari'],
  ];
  const browser = browsers.find(([mark]) => mark.test(userAgent))?.[1] ?? userAgent.split('/')[0]!.slice(0, 30);
  const system = /iPhone|iPad/.exec(userAgent) ?? /Android|Windows|Mac OS|Linux/.exec(userAgent);
  return system ? `${browser}, ${system[0]}` : browser;
}
