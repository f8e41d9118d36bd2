import { d } from '../../i18n/desk.ts';

/** "photo.approve" in words where we have them; else as it is, which admins can search for. */
export function actionText(action: string): string {
  const words: Record<string, string> = d().logs.actions;
  return words[action] ?? action;
}

/** "privacy_request" in words. */
export function subjectText(kind: string | null): string {
  const words: Record<string, string> = d().logs.subjects;
  return kind === null ? '' : (words[kind] ?? kind);
}
