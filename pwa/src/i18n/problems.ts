import { ApiProblem } from '../data/problem.ts';
import { lang, t } from './i18n.ts';

/** The sentence a person reads for anything that was thrown. */
export function problemText(error: unknown): string {
  const texts = t().errors;
  if (!(error instanceof ApiProblem)) return texts.unknown;
  switch (error.code) {
    case 'network.unreachable':
      return texts.unreachable;
    case 'network.timeout':
      return texts.timeout;
    case 'response.unreadable':
      return texts.unreadable;
    case 'request.invalid':
      return texts.invalid;
    default:
      return error.textFor(lang.value) ?? texts.unknown;
  }
}
