import type { Role } from '#contracts/http/route.ts';

/** Who is asking. Guests are anonymous users with a session of their own. */
export interface Viewer {
  userId: string;
  role: Role;
  isGuest: boolean;
  sessionId: string;
  /** null for guests. */
  email: string | null;
  locale: 'th' | 'en';
}

declare global {
  namespace Express {
    interface Request {
      id: string;
      viewer?: Viewer | null;
      rawBody?: Buffer;
    }
  }
}
