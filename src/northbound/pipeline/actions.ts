/** Actions that several stages share. */

export const join = (...actions: readonly string[]): string => actions.filter((action) => action !== "").join(",");

export const resubmit = (table: number): string => `resubmit(,${table})`;

/** Exchanges two fields of one size over the stack. */
export const swap = (a: string, b: string): string => `push:${a}[],push:${b}[],pop:${a}[],pop:${b}[]`;

export const swapEthernet = (): string => swap("NXM_OF_ETH_SRC", "NXM_OF_ETH_DST");

/** Calls a helper table that answers in a flag of reg10, and moves the answer to `destination`. */
export function ask(table: number, flag: number, destination: string): string {
  const mask = `0x${(1 << flag).toString(16)}`;
  return `set_field:0/${mask}->reg10,resubmit(,${table}),move:NXM_NX_REG10[${flag}]->${destination}`;
}

/** Through the tracker, translating packets of connections that have NAT already. */
export const trackAndTranslate = (zone: string, next: number): string => `ct(table=${next},zone=${zone},nat)`;
