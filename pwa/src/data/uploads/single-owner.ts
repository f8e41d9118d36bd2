/**
 * One tab of this browser does the work, the others follow: `own` runs in the first one, and in another as soon as that one has
 * closed; `follow` runs where somebody else works, with the function that says whether it still does. Resolves when either is ready.
 */
export async function singleOwner(name: string, own: () => Promise<void>, follow: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return own();
  const forever = new Promise<never>(() => undefined);
  await new Promise<void>((ready) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock)
        return own()
          .then(ready)
          .then(() => forever);
      void follow().then(() => {
        ready();
        void navigator.locks.request(name, async () => {
          await own();
          await forever;
        });
      });
      return undefined;
    });
  });
}
