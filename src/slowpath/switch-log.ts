/** Whom the switch tells what happens: lines with fields, as pino has them. */
export interface SwitchLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: SwitchLog = { info: () => {}, warn: () => {}, error: () => {} };
