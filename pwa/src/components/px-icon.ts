import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';

/** One family, drawn on 24x24 with a 1.5 line and round ends. */
const paths = {
  'arrow-left': `<path d="M19 12H5m6-6.5L4.75 12 11 18.5"/>`,
  'arrow-right': `<path d="M5 12h14m-6-6.5 6.25 6.5L13 18.5"/>`,
  bell: `<path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.75H5z" stroke-linejoin="round"/><path d="M10.25 20.25c.9 1 2.6 1 3.5 0M12 5.5V3.75"/>`,
  calendar: `<rect x="4" y="5.5" width="16" height="14.5" rx="2.5"/><path d="M4 10h16M8.5 3.5v4m7-4v4"/>`,
  camera: `<path d="M4 8.5h3.2l1.6-2.75h6.4l1.6 2.75H20v10.75H4z" stroke-linejoin="round"/><circle cx="12" cy="13.5" r="3.25"/>`,
  cart: `<path d="M5.5 8.5h13l.9 11.25H4.6z" stroke-linejoin="round"/><path d="M8.75 10.75V7.5a3.25 3.25 0 0 1 6.5 0v3.25"/>`,
  chat: `<path d="M4.5 6.75A2.25 2.25 0 0 1 6.75 4.5h10.5a2.25 2.25 0 0 1 2.25 2.25v7.5a2.25 2.25 0 0 1-2.25 2.25H11L7 20v-3.5h-.25a2.25 2.25 0 0 1-2.25-2.25z" stroke-linejoin="round"/><path d="M8.5 9h7m-7 3h4.5"/>`,
  check: `<path d="m5 12.75 4.5 4.5L19 7.5"/>`,
  'check-circle': `<circle cx="12" cy="12" r="8.25"/><path d="m8.25 12.4 2.6 2.6 4.9-5.25"/>`,
  'chevron-left': `<path d="M14.5 5.5 8 12l6.5 6.5"/>`,
  'chevron-right': `<path d="M9.5 5.5 16 12l-6.5 6.5"/>`,
  'chevron-down': `<path d="M5.5 9.5 12 16l6.5-6.5"/>`,
  clock: `<circle cx="12" cy="12" r="8.25"/><path d="M12 7.25V12l3.25 2"/>`,
  close: `<path d="m6 6 12 12M18 6 6 18"/>`,
  cloud: `<path d="M7.5 18.5a4 4 0 0 1-.4-7.98 5.25 5.25 0 0 1 10.2-.5A4.25 4.25 0 0 1 16.75 18.5z" stroke-linejoin="round"/>`,
  'cloud-off': `<path d="M7.5 18.5a4 4 0 0 1-.4-7.98c.2-.86.6-1.64 1.17-2.3M11 6.6a5.25 5.25 0 0 1 6.3 3.42 4.25 4.25 0 0 1 2.5 6.2M16.75 18.5H7.5M4.5 4.5l15 15"/>`,
  copy: `<rect x="8.5" y="8.5" width="11" height="11" rx="2.25"/><path d="M15.5 8.5V6.75A2.25 2.25 0 0 0 13.25 4.5h-6.5A2.25 2.25 0 0 0 4.5 6.75v6.5a2.25 2.25 0 0 0 2.25 2.25H8.5"/>`,
  download: `<path d="M12 4.5v10.75m-4.5-4.25 4.5 4.5 4.5-4.5M5 19.5h14"/>`,
  edit: `<path d="M4.75 19.25 6 15 15.75 5.25l3 3L9 18z" stroke-linejoin="round"/>`,
  eye: `<path d="M3 12c2-4 5.2-6 9-6s7 2 9 6c-2 4-5.2 6-9 6s-7-2-9-6z"/><circle cx="12" cy="12" r="2.75"/>`,
  'eye-off': `<path d="M9.9 6.2A9.6 9.6 0 0 1 12 6c3.8 0 7 2 9 6a13 13 0 0 1-2.6 3.5M6.4 7.7A12.6 12.6 0 0 0 3 12c2 4 5.2 6 9 6 1.8 0 3.4-.45 4.8-1.3M10 10.1a2.75 2.75 0 0 0 3.9 3.9M4.5 4.5l15 15"/>`,
  face: `<path d="M4 8.5V6a2 2 0 0 1 2-2h2.5M15.5 4H18a2 2 0 0 1 2 2v2.5M20 15.5V18a2 2 0 0 1-2 2h-2.5M8.5 20H6a2 2 0 0 1-2-2v-2.5"/><path d="M9.25 9.75v.5m5.5-.5v.5M9 14.5c1.7 1.75 4.3 1.75 6 0"/>`,
  filter: `<path d="M4.5 7h15M7.5 12h9M10.5 17h3"/>`,
  gallery: `<rect x="4" y="4.5" width="16" height="15" rx="2.5"/><circle cx="9" cy="9.5" r="1.5"/><path d="m5 17.5 5-5 3.25 3.25L16 13l3.75 3.5"/>`,
  globe: `<circle cx="12" cy="12" r="8.25"/><path d="M3.75 12h16.5M12 3.75c2.4 2.4 3.4 5.2 3.4 8.25s-1 5.85-3.4 8.25c-2.4-2.4-3.4-5.2-3.4-8.25s1-5.85 3.4-8.25z"/>`,
  heart: `<path d="M12 19.5c-5-3.4-7.75-6.6-7.75-10A4.1 4.1 0 0 1 8.4 5.25c1.5 0 2.8.75 3.6 2 .8-1.25 2.1-2 3.6-2a4.1 4.1 0 0 1 4.15 4.25c0 3.4-2.75 6.6-7.75 10z" stroke-linejoin="round"/>`,
  info: `<circle cx="12" cy="12" r="8.25"/><path d="M12 11.25v5M12 7.75v.5"/>`,
  lock: `<rect x="5.5" y="10.5" width="13" height="9.25" rx="2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>`,
  mail: `<rect x="3.75" y="5.5" width="16.5" height="13" rx="2.25"/><path d="m4.25 7.5 7.75 5.75 7.75-5.75"/>`,
  megaphone: `<path d="M4.5 10v4h3l8.5 4.5v-13L7.5 10z" stroke-linejoin="round"/><path d="M8.5 14.5 9.75 20h2.5l-1-4M18.75 9.5a3.75 3.75 0 0 1 0 5"/>`,
  menu: `<path d="M4.5 8h15m-15 8h15"/>`,
  minus: `<path d="M5.5 12h13"/>`,
  phone: `<rect x="7" y="3.5" width="10" height="17" rx="2.25"/><path d="M10.75 17.5h2.5"/>`,
  pin: `<path d="M12 20.5c4.3-4.2 6.5-7.4 6.5-10.4a6.5 6.5 0 0 0-13 0c0 3 2.2 6.2 6.5 10.4z"/><circle cx="12" cy="10" r="2.25"/>`,
  plus: `<path d="M12 5.5v13M5.5 12h13"/>`,
  qr: `<rect x="4.5" y="4.5" width="6" height="6" rx="1"/><rect x="13.5" y="4.5" width="6" height="6" rx="1"/><rect x="4.5" y="13.5" width="6" height="6" rx="1"/><path d="M13.5 13.5h2.25v2.25M19.5 13.5v2.25m-6 3.75h2.25m3.75 0h-1.5"/>`,
  receipt: `<path d="M6 4h12v16.25l-2.4-1.5-1.8 1.5-1.8-1.5-1.8 1.5-1.8-1.5L6 20.25z" stroke-linejoin="round"/><path d="M9 8.75h6m-6 3.5h6"/>`,
  refresh: `<path d="M19 12a7 7 0 1 1-2.2-5.1M19.25 4.5V8h-3.5"/>`,
  search: `<circle cx="10.75" cy="10.75" r="6"/><path d="m15.25 15.25 4.5 4.5"/>`,
  share: `<path d="M12 14.75V4m-3.75 3.5L12 3.75l3.75 3.75"/><path d="M7.5 10.5H5.75v9.25h12.5V10.5H16.5"/>`,
  shield: `<path d="M12 3.75 5 6.25v5.25c0 4.1 2.7 7.1 7 8.75 4.3-1.65 7-4.65 7-8.75V6.25z" stroke-linejoin="round"/><path d="m9 12 2.1 2.1 4-4.35"/>`,
  sparkle: `<path d="M12 4c.7 4.6 2.9 7.1 7.5 8-4.6.9-6.8 3.4-7.5 8-.7-4.6-2.9-7.1-7.5-8 4.6-.9 6.8-3.4 7.5-8z" stroke-linejoin="round"/>`,
  trash: `<path d="M5 7h14M9.5 7V4.75h5V7M7 7l.75 12.5h8.5L17 7M10.25 10.5v5.5m3.5-5.5v5.5"/>`,
  upload: `<path d="M12 15.5V4.75M7.5 9 12 4.5 16.5 9M5 19.5h14"/>`,
  user: `<circle cx="12" cy="8.5" r="3.75"/><path d="M4.75 20c.9-3.6 3.8-5.5 7.25-5.5s6.35 1.9 7.25 5.5"/>`,
  users: `<circle cx="9" cy="9" r="3.25"/><path d="M2.75 19.25c.7-3.1 3.2-4.75 6.25-4.75s5.55 1.65 6.25 4.75M15.25 5.9a3.25 3.25 0 0 1 0 6.2m2 2.85c2.1.6 3.5 2.1 4 4.3"/>`,
  wallet: `<rect x="3.75" y="6.5" width="16.5" height="12.5" rx="2.5"/><path d="M3.75 10.5h16.5M15.5 15h1.75"/>`,
  warning: `<path d="M12 4.5 3.5 19.25h17z" stroke-linejoin="round"/><path d="M12 10.25v4m0 2.5v.25"/>`,
} as const;

export type IconName = keyof typeof paths;

export const iconNames = Object.keys(paths) as IconName[];

/** Each drawing once, to be copied. */
const drawings = new Map<IconName, SVGElement>();

function drawing(name: IconName): SVGElement {
  let found = drawings.get(name);
  if (!found) {
    const template = document.createElement('template');
    template.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" focusable="false">${paths[name]}</svg>`;
    found = template.content.firstElementChild as SVGElement;
    drawings.set(name, found);
  }
  return found.cloneNode(true) as SVGElement;
}

/**
 * `<px-icon .name=${'cart'}></px-icon>`: decorative unless `label` is given. Size follows the font (1.5em). A wall has two on each photo, so
 * it is a plain element: copying a drawing costs a tenth of rendering it.
 */
@customElement('px-icon')
export class PxIcon extends HTMLElement {
  #name: IconName = 'info';
  #label = '';

  get name(): IconName {
    return this.#name;
  }
  set name(name: IconName) {
    if (name === this.#name) return;
    this.#name = name;
    if (this.isConnected) this.#draw();
  }

  get label(): string {
    return this.#label;
  }
  set label(label: string) {
    if (label === this.#label) return;
    this.#label = label;
    if (this.isConnected) this.#draw();
  }

  connectedCallback(): void {
    // In the server's document the name is an attribute.
    const named = this.getAttribute('name');
    if (named) this.#name = named as IconName;
    if (!this.firstChild) this.#draw();
  }

  #draw(): void {
    const picture = drawing(this.#name);
    if (this.#label) {
      picture.setAttribute('role', 'img');
      picture.setAttribute('aria-label', this.#label);
    } else picture.setAttribute('aria-hidden', 'true');
    this.replaceChildren(picture);
  }
}

/** Short form for templates. */
export const icon = (name: IconName, label = ''): TemplateResult =>
  html`<px-icon .name=${name} .label=${label}></px-icon>`;
