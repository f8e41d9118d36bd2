/** Texts: the app inside LINE. */
export const lineEn = {
  title: 'Opened inside LINE',
  body: 'In your own browser photos can be saved, and what you choose stays.',
  bodyWithCart: 'In your own browser photos can be saved, and what you choose stays. Your cart comes along.',
  open: 'Open in my browser',
};
