import { plural } from '../format.ts';

/** Texts: "hide me at this event". */
export const hideEn = {
  hide: {
    title: 'Hide me at this event',
    lead: 'You would rather not be found in these photos? Show us once who you are, and we hide your face.',
    points: [
      'Nobody’s search finds you any more, from the moment you send this.',
      'When one of our team has checked it, photos that show only you leave the gallery and the shop. In photos of groups the others stay, and only you cannot be found.',
      'Photos that arrive later are looked through too, until the event’s data is deleted.',
    ] as readonly string[],
    consentTitle: 'Before you take the selfie',
    agree: 'I agree that my face is used to hide me at this event',
    begin: 'Continue',
    withoutSelfie: 'Ask without a selfie',
    withSelfie: 'With a selfie instead',
    writeTitle: 'Tell us how to recognise you',
    writeBody: 'Somebody of our team looks for the photos and answers within 30 days.',
    writeHint: 'For example bib number, clothes, time and place',
    details: 'Description',
    email: 'E-mail for our answer',
    send: 'Send',
    sent: 'We have your request. You will hear from us.',
    searching: 'Looking through the photos …',
    none: 'We found no photo of you at this event.',
    noneBody: 'Photos that arrive later are looked through too.',
    hidden: (n: number) => `${plural(n, 'photo', 'photos')} with you hidden from search`,
    proposed: (n: number) => `${plural(n, 'photo', 'photos')} where we are not sure: one of our team looks at them`,
    states: {
      requested: 'One of our team checks the request. You are hidden from search already.',
      confirmed: 'Checked and confirmed. The numbers of your hidden faces are deleted.',
      rejected: 'Our team could not confirm this request. What was hidden is shown again.',
      withdrawn: 'You took this back. You can be found again.',
    },
    written: 'One of our team looks for the photos by your description.',
    until: (when: string) => `Holds until ${when}`,
    undo: 'Show me again',
    undoTitle: 'Show yourself again?',
    undoBody:
      'Your photos come back as they were, and the numbers of your face are deleted. Your consent to this is withdrawn.',
    undone: 'Taken back. You can be found again.',
    again: 'Hide me anew',
    link: 'Hide me at this event',
    mine: 'Where I am hidden',
    open: 'Open',
    needsSignal: 'This needs signal. Please come back when there is some.',
  },
};
