import { d } from '../../i18n/desk.ts';

/** "photo.approved" in words where we have them; else as it is, which admins can search for. */
export function actionText(action: string): string {
  const words: Record<string, string> = d().logs.actions;
  return words[action] ?? action;
}
