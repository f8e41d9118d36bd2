import { formatNumber, plural } from '../format.ts';

const photos = (n: number): string => plural(n, 'photo', 'photos');

/** Texts: the wall of an event, its filters, favourites. */
export const galleryEn = {
  gallery: {
    rail: 'Time of day',
    filters: 'Narrow down',
    time: 'Time',
    timeTitle: 'When were you there?',
    timeHint: 'Tap an hour. Tap another one to take in all between.',
    hour: (time: string, n: number) => `${time} ${photos(n)}`,
    bib: 'Bib number',
    bibTitle: 'Which bib number?',
    bibHint: 'As it is printed on the bib, for example 1234 or A-56.',
    bibShow: 'Show photos',
    bibWrong: 'Digits and letters only, 12 at most.',
    by: 'Photographer',
    byTitle: 'Whose photos?',
    without: (what: string) => `Without ${what}`,
    clear: 'All photos again',
    found: (n: number, of: number) => `${formatNumber(n)} of ${photos(of)}`,
    bibChip: (bib: string) => `Bib ${bib}`,
    none: 'No photo fits',
    noneBody: 'Take one of the conditions away, or find yourself with a selfie.',
    bibNone: (bib: string) => `No photo with bib ${bib} so far`,
    bibNoneBody: 'Not every number is readable. Your selfie finds you without it.',
    sharePhoto: 'Share this photo',
    sharePhotoText: (name: string) => `A photo of ${name}`,
    keys: 'Arrow keys for the next photo, plus and minus to zoom, Escape to close.',
  },
  favorites: {
    title: 'Favourites',
    add: 'Add to favourites',
    remove: 'Favourite',
    header: (n: number) => (n === 0 ? 'Favourites, none yet' : `Favourites, ${photos(n)}`),
    count: photos,
    none: 'No favourites yet',
    noneBody: 'Tap the heart on a photo. It is kept here, with or without signal.',
    toEvents: 'To the events',
    addAll: (n: number) => (n === 1 ? 'Add it to the cart' : `Add all ${formatNumber(n)} to the cart`),
    allAdded: 'All of these are in the cart',
    added: (n: number) => `${photos(n)} added to the cart`,
    waiting: 'Photos marked on another device appear as soon as there is signal.',
    otherEvent: 'Another event',
  },
};
