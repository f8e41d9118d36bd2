import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Thai and Latin text on one line. The typeface comes in one file per script, so a line is drawn in runs, each with the
 * file that has its letters; fontkit places vowels and tones (mark, mkmk). Thai has no spaces: lines break between words.
 */
const folder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@fontsource/ibm-plex-sans-thai/package.json')),
  'files',
);
const file = (script: 'thai' | 'latin', weight: 400 | 600) =>
  path.join(folder, `ibm-plex-sans-thai-${script}-${weight}-normal.woff`);

export type Doc = PDFKit.PDFDocument;
export interface TextStyle {
  size?: number;
  bold?: boolean;
  color?: string;
  align?: 'left' | 'right';
}

export function registerFonts(doc: Doc): void {
  for (const weight of [400, 600] as const) {
    doc.registerFont(`thai-${weight}`, file('thai', weight));
    doc.registerFont(`latin-${weight}`, file('latin', weight));
  }
}

/** SARA AM is its ring and SARA AA; the ring stands below a tone mark (OpenType Thai shaping, which fontkit leaves to us). */
const shaped = (text: string): string => text.replace(/([\u0e48-\u0e4b]?)\u0e33/g, '\u0e4d$1\u0e32');

/** Thai letters and the baht sign are in one file, everything else in the other. */
const runsOf = (text: string): { script: 'thai' | 'latin'; text: string }[] =>
  (shaped(text).match(/[\u0e00-\u0e7f]+|[^\u0e00-\u0e7f]+/g) ?? []).map((run) => ({
    script: /^[\u0e00-\u0e7f]/.test(run) ? 'thai' : 'latin',
    text: run,
  }));

const useFont = (doc: Doc, script: 'thai' | 'latin', style: TextStyle) =>
  doc.font(`${script}-${style.bold ? 600 : 400}`).fontSize(style.size ?? 10);

export function widthOf(doc: Doc, text: string, style: TextStyle): number {
  return runsOf(text).reduce((sum, run) => sum + useFont(doc, run.script, style).widthOfString(run.text), 0);
}

const words = new Intl.Segmenter('th', { granularity: 'word' });

/** Lines that fit the width; a word longer than a line is cut by letters (with their marks). */
export function wrap(doc: Doc, text: string, width: number, style: TextStyle): string[] {
  const letters = new Intl.Segmenter('th', { granularity: 'grapheme' });
  const lines: string[] = [];
  for (const paragraph of text.split(/\r?\n/)) {
    let line = '';
    const push = (piece: string) => {
      if (widthOf(doc, line + piece, style) <= width || line === '') line += piece;
      else {
        lines.push(line.trimEnd());
        line = piece.trimStart();
      }
    };
    for (const { segment } of words.segment(paragraph)) {
      if (widthOf(doc, segment, style) <= width) push(segment);
      else for (const letter of letters.segment(segment)) push(letter.segment);
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

const lineHeight = 1.55;

/** Draws text in a box of the given width, answers the y below it. */
export function write(doc: Doc, text: string, x: number, y: number, width: number, style: TextStyle = {}): number {
  const height = (style.size ?? 10) * lineHeight;
  for (const line of wrap(doc, text, width, style)) {
    let at = style.align === 'right' ? x + width - widthOf(doc, line, style) : x;
    for (const run of runsOf(line)) {
      useFont(doc, run.script, style).fillColor(style.color ?? '#1A1A1A');
      doc.text(run.text, at, y, { lineBreak: false });
      at += doc.widthOfString(run.text);
    }
    y += height;
  }
  return y;
}
