import type { NoticeKind } from '#contracts/http/notices.ts';
import { createTokens } from '#server/platform/crypto.ts';
import { isLocked, shortTexts } from './short-texts.ts';
import type { TemplateKey } from './templates.ts';

export type Unsubscribes = ReturnType<typeof createUnsubscribes>;
const validMs = 365 * 86_400_000;

/** Links that end one kind of e-mail without signing in; what was bought always comes and has none. */
export function createUnsubscribes({ linkSecret, publicUrl }: { linkSecret: string; publicUrl: string }) {
  const tokens = createTokens(linkSecret, 'unsubscribe');
  return {
    /** Addresses of the page and for the mail program; undefined where there is nothing to end. */
    linksFor(message: { template: string; user_id: string | null }, now: Date) {
      const kind = shortTexts[message.template as TemplateKey]?.kind;
      if (!kind || !message.user_id || isLocked(kind, 'email')) return undefined;
      const token = tokens.issue({ user: message.user_id, kind }, new Date(now.getTime() + validMs));
      return {
        page: `${publicUrl}/unsubscribe?token=${token}`,
        oneClick: `${publicUrl}/api/notices/unsubscribe?token=${token}`,
      };
    },
    /** undefined when not ours, altered, or too old. */
    read(token: string, now: Date): { userId: string; kind: NoticeKind } | undefined {
      const read = tokens.read<{ user: string; kind: NoticeKind }>(token, now);
      return typeof read === 'object' ? { userId: read.data.user, kind: read.data.kind } : undefined;
    },
  };
}
