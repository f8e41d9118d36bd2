/**
 * What a person typed and has not saved. Fields are rendered from it, so that rendering the page again (a switch, a problem,
 * another language) takes nothing away. Put `keep` on the form as its `input` listener.
 */
export class Drafts {
  readonly #values = new Map<string, string>();

  readonly keep = (event: Event): void => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.name && field.type !== 'checkbox')
      this.#values.set(field.name, field.value);
  };
  value(name: string, saved: string | null | undefined): string {
    return this.#values.get(name) ?? saved ?? '';
  }
  clear(): void {
    this.#values.clear();
  }
}
