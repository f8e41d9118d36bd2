import { formatNumber, plural } from '../format.ts';

const photos = (n: number): string => plural(n, 'photo', 'photos');

/** Texts: bib numbers, on one photo and from a file. */
export const bibsEn = {
  bibs: {
    add: 'Bib',
    of: (name: string) => `Bib numbers of ${name}`,
    title: (name: string) => `Bib numbers on ${name}`,
    hint: 'Every number one can read on the photo. Runners find it by them on the event page.',
    label: 'Numbers, with spaces between',
    wrong: (text: string) => `“${text}” is no bib number: digits, letters and hyphens, 12 at most.`,
    importTitle: 'Bib numbers from a file',
    importBody:
      'A CSV file with a file name and a bib number in each row. Several numbers: more rows, more columns, or spaces between. What the file says of a photo replaces what was there; other photos stay as they are.',
    importSample: 'file name,bib\nIMG_0001.JPG,1234\nIMG_0002.JPG,1234 88 A-12',
    importChoose: 'Choose a CSV file',
    imported: (n: number, changed: number, bibs: number) =>
      `${plural(bibs, 'number', 'numbers')} on ${photos(n)}; ${formatNumber(changed)} of them changed.`,
    problems: (n: number) => `${plural(n, 'row', 'rows')} could not be used:`,
    reasons: {
      no_such_photo: 'no photo of that name here',
      several_photos: 'several photos have that name',
      not_a_bib: 'no bib number',
      too_many: 'too many numbers for one photo',
    },
  },
};
