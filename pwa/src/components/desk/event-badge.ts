import type { TemplateResult } from 'lit';
import type { EventStatus } from '#contracts/http/events.ts';
import { d } from '../../i18n/desk.ts';
import { stateBadge, type Tone } from './parts.ts';

const tones: Record<EventStatus, Tone> = {
  planning: 'plain',
  published: 'success',
  live: 'success',
  ended: 'plain',
  archived: 'plain',
  cancelled: 'error',
};
export const eventBadge = (status: EventStatus): TemplateResult => stateBadge(d().events.states[status], tones[status]);
