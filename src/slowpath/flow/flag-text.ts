/** Sets of named bits in text: `+new-est`, `new|trk`, `0x2/0x3`; used for ct_state, tcp_flags and tun_flags. */
import { FlowTextError } from "./subfield.ts";

/** Names from bit 0 on. */
export const ctStateNames = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
export const tcpFlagNames = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"];
export const tunnelFlagNames = ["oam"];

/** `new|est`, `0` for none. */
export function formatFlags(names: readonly string[], flags: number): string {
  const set = names.filter((_, bit) => flags & (1 << bit));
  const unknown = flags & ~((1 << names.length) - 1);
  if (unknown) set.push(`0x${unknown.toString(16)}`);
  return set.join("|") || "0";
}

/** `+new-est` for the bits of the mask. */
export function formatMaskedFlags(names: readonly string[], flags: number, mask: number): string {
  if (mask === 0) return "0/0";
  return names.map((name, bit) => (mask & (1 << bit) ? `${flags & (1 << bit) ? "+" : "-"}${name}` : "")).join("");
}

/** @throws FlowTextError */
export function parseFlags(text: string, names: readonly string[], fieldName: string): { flags: number; mask: number } {
  const all = (1 << names.length) - 1;
  const unknown = (): FlowTextError => new FlowTextError(`${text}: unknown ${fieldName} flag(s)`);
  const numeric = /^(0x[0-9a-f]+|\d+)\/(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (numeric) {
    const [flags, mask] = [Number(numeric[1]), Number(numeric[2])];
    if ((flags | mask) & ~all) throw unknown();
    return { flags: flags & mask, mask };
  }
  let flags = 0;
  let mask = 0;
  if (/^[+-]/.test(text)) {
    for (const [, sign, name] of text.matchAll(/([+-])([^+-]*)/g)) {
      const bit = 1 << names.indexOf(name);
      if (!names.includes(name)) throw unknown();
      if (mask & bit) throw new FlowTextError(`${text}: Each ${fieldName} flag can be specified only once`);
      if (sign === "+") flags |= bit;
      mask |= bit;
    }
    return { flags, mask };
  }
  for (const name of text.split("|")) {
    if (/^(0x[0-9a-f]+|\d+)$/i.test(name)) flags |= Number(name);
    else if (names.includes(name)) flags |= 1 << names.indexOf(name);
    else if (/[+-]/.test(name)) {
      throw new FlowTextError(`${text}: ${fieldName} must be preceded by '+' (for SET) or '-' (NOT SET)`);
    } else throw unknown();
  }
  if (flags & ~all) throw unknown();
  return { flags, mask: all };
}
