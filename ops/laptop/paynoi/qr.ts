import { generate } from 'promptparse';
import QRCode from 'qrcode';

/** The account the simulator collects for: a number the phone companies never give out. */
export const SIMULATED_ACCOUNT = '0800000000';

/**
 * The EMVCo text of a PromptPay QR (tag 29, dynamic, with CRC) for `amountSatang`. `type` is PayNoi's: 1 phone, 2
 * national or tax id (13 digits). An account that is neither falls back to the simulated one.
 */
export function promptPayPayload(type: string, account: string, amountSatang: number): string {
  const digits = account.replace(/\D/g, '');
  const amount = amountSatang / 100;
  if (type === '2' && digits.length === 13) return generate.anyId({ type: 'NATID', target: digits, amount });
  const target = /^0\d{9}$/.test(digits) ? digits : SIMULATED_ACCOUNT;
  return generate.anyId({ type: 'MSISDN', target, amount });
}

/** Of pngjs, which draws it; the types of qrcode name only the first. */
const UNFILTERED: { deflateLevel?: number; filterType: number } = { filterType: 0 };

/** PNG as base64 without the `data:` prefix, as the gateway answers it. Black and white need no search for the best filter. */
export async function qrPngBase64(payload: string): Promise<string> {
  const look = { errorCorrectionLevel: 'M', margin: 2, width: 480 } as const;
  const png = await QRCode.toBuffer(payload, { ...look, type: 'png', rendererOpts: UNFILTERED });
  return png.toString('base64');
}
