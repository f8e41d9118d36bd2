import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';

/** Text as an SVG path: nothing on the machine has to have a font. */
export interface TextPath {
  /** SVG path data, baseline at y = 0, starting at x = 0. */
  d: string;
  /** Advance in the same unit as `size`. */
  width: number;
}

const require = createRequire(import.meta.url);
const fontFile = (subset: string) =>
  require.resolve(`@fontsource/ibm-plex-sans-thai/files/ibm-plex-sans-thai-${subset}-600-normal.woff`);

let loaded: Font[] | undefined;
/** Latin first; Thai has its own file. */
const fonts = (): Font[] => {
  loaded ??= ['latin', 'latin-ext', 'thai'].map((subset) => create(readFileSync(fontFile(subset))) as Font);
  return loaded;
};

interface Run {
  font: Font;
  text: string;
}

const chosen = new Map<string, Font | null>();

/** The first font that draws this character. Joiners and selectors draw nothing, and subset fonts hold torn glyphs for them. */
function fontOf(character: string): Font | null {
  const known = chosen.get(character);
  if (known !== undefined) return known;
  const font =
    fonts().find((candidate) => {
      if (/\p{C}|\p{Variation_Selector}/u.test(character) || !candidate.hasGlyphForCodePoint(character.codePointAt(0)!))
        return false;
      try {
        return candidate.layout(character).glyphs.every((glyph) => glyph.path.commands.length >= 0);
      } catch {
        return false;
      }
    }) ?? null;
  if (chosen.size > 5_000) chosen.clear();
  chosen.set(character, font);
  return font;
}

/** Cuts the text where the font changes; characters that no font has are left out. */
function toRuns(text: string): Run[] {
  const runs: Run[] = [];
  for (const character of text) {
    const font = fontOf(character);
    if (!font) continue;
    const last = runs.at(-1);
    if (last?.font === font) last.text += character;
    else runs.push({ font, text: character });
  }
  return runs;
}

/** Sara am after a tone mark is drawn as ring below tone: shapers split and reorder it, this one does not. */
const splitSaraAm = (text: string) => text.replace(/([\u0e48-\u0e4b]?)\u0e33/g, '\u0e4d$1\u0e32');

const round = (value: number) => Math.round(value * 100) / 100;

/** `size` in pixels per em. Thai vowels and tones are placed by the font's own rules. */
export function textPath(text: string, size: number): TextPath {
  let x = 0;
  let d = '';
  for (const run of toRuns(splitSaraAm(text.normalize('NFC')))) {
    const scale = size / run.font.unitsPerEm;
    const { glyphs, positions } = run.font.layout(run.text);
    for (const [i, glyph] of glyphs.entries()) {
      const { xAdvance, xOffset, yOffset } = positions[i]!;
      for (const { command, args } of glyph.path.commands) {
        const points = args.map((value, k) =>
          round(k % 2 === 0 ? x + (value + xOffset) * scale : -(value + yOffset) * scale),
        );
        d += `${letters[command]}${points.join(' ')}`;
      }
      x += xAdvance * scale;
    }
  }
  return { d, width: x };
}

const letters: Record<string, string> = {
  moveTo: 'M',
  lineTo: 'L',
  quadraticCurveTo: 'Q',
  bezierCurveTo: 'C',
  closePath: 'Z',
};
