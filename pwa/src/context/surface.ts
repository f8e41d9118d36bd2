/** night: where pictures are looked at. day: where things are read and typed. */
export type Surface = 'night' | 'day';

export function setSurface(surface: Surface): void {
  document.documentElement.dataset.surface = surface;
  const color = getComputedStyle(document.documentElement).getPropertyValue('--bg').trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', color || '#111111');
}

export function setTitle(title: string): void {
  document.title = title ? `${title} · ThePixStock` : 'ThePixStock';
}
