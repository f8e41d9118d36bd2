import nodemailer from 'nodemailer';

export type Mailer = ReturnType<typeof createMailer>;
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Makes a mail server that sees it twice recognise it. */
  messageId: string;
  /** Takes a POST and ends this kind of mail (RFC 8058): mail programs show a button for it. */
  unsubscribeUrl?: string | undefined;
}

export function createMailer(settings: { smtpUrl: string; from: string }) {
  const transport = nodemailer.createTransport(settings.smtpUrl, { from: settings.from });
  return {
    /** Answers the server's id of the message; throws when it was not accepted. */
    async send({ unsubscribeUrl, ...mail }: Mail): Promise<string> {
      const headers = {
        'Auto-Submitted': 'auto-generated',
        ...(unsubscribeUrl && {
          'List-Unsubscribe': `<${unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
      };
      const info = await transport.sendMail({ ...mail, headers });
      return info.messageId;
    },
    verify: () => transport.verify(),
    close: () => transport.close(),
  };
}
