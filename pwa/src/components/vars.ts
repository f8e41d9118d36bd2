import { noChange } from 'lit';
import { Directive, directive, type ElementPart, type PartInfo, PartType } from 'lit/directive.js';

type Vars = Record<string, string | number | null | undefined>;

/**
 * Sets style properties one by one through CSSOM: `<div ${vars({ '--x': '4px', height: '10px' })}>`. Lit's styleMap writes a style
 * attribute on first render, which a strict Content-Security-Policy refuses.
 */
class VarsDirective extends Directive {
  #previous: Vars = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new TypeError('vars() belongs on an element');
  }
  override render(_vars: Vars): unknown {
    return noChange;
  }
  override update(part: ElementPart, [next]: [Vars]): unknown {
    const { style } = part.element as HTMLElement;
    for (const name of Object.keys(this.#previous)) if (!(name in next)) style.removeProperty(name);
    for (const [name, value] of Object.entries(next)) {
      if (this.#previous[name] === value) continue;
      if (value === null || value === undefined) style.removeProperty(name);
      else style.setProperty(name, String(value));
    }
    this.#previous = next;
    return noChange;
  }
}
export const vars = directive(VarsDirective);
