import nodemailer from 'nodemailer';

export type Mailer = ReturnType<typeof createMailer>;
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Makes a mail server that sees it twice recognise it. */
  messageId: string;
}

export function createMailer(settings: { smtpUrl: string; from: string }) {
  const transport = nodemailer.createTransport(settings.smtpUrl, { from: settings.from });
  return {
    /** Answers the server's id of the message; throws when it was not accepted. */
    async send(mail: Mail): Promise<string> {
      const info = await transport.sendMail({ ...mail, headers: { 'Auto-Submitted': 'auto-generated' } });
      return info.messageId;
    },
    verify: () => transport.verify(),
    close: () => transport.close(),
  };
}
