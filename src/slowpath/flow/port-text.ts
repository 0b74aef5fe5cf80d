/** OpenFlow port numbers in text: reserved names, names of the bridge's ports, numbers. 16 bits, as OVS prints them. */

export const PORT_MAX = 0xff00;
export const PORT_UNSET = 0xfff7;
export const PORT_IN_PORT = 0xfff8;
export const PORT_TABLE = 0xfff9;
export const PORT_NORMAL = 0xfffa;
export const PORT_FLOOD = 0xfffb;
export const PORT_ALL = 0xfffc;
export const PORT_CONTROLLER = 0xfffd;
export const PORT_LOCAL = 0xfffe;
export const PORT_NONE = 0xffff;
/** OpenFlow 1.1 and later number the reserved ports in 32 bits: this much higher. */
export const PORT_OFFSET_32 = 0xffff_0000;

/** The ports of a bridge. Without it text has numbers only. */
export interface PortNames {
  nameOf(port: number): string | undefined;
  numberOf(name: string): number | undefined;
}

const reserved: readonly (readonly [string, number])[] = [
  ["UNSET", PORT_UNSET],
  ["IN_PORT", PORT_IN_PORT],
  ["TABLE", PORT_TABLE],
  ["NORMAL", PORT_NORMAL],
  ["FLOOD", PORT_FLOOD],
  ["ALL", PORT_ALL],
  ["CONTROLLER", PORT_CONTROLLER],
  ["LOCAL", PORT_LOCAL],
  ["ANY", PORT_NONE],
  ["NONE", PORT_NONE],
];
const reservedNumber = new Map(reserved);
const reservedName = new Map(reserved.toReversed().map(([name, port]) => [port, name]));

/** A name that could be taken for something else is quoted as in JSON. */
export function quoteName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

export function unquoteName(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** undefined: no such port. */
export function parsePort(text: string, names?: PortNames): number | undefined {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const port = Number(text);
    if (port <= 0xffff) return port;
    return port >= PORT_OFFSET_32 + PORT_MAX && port <= 0xffff_ffff ? port - PORT_OFFSET_32 : undefined;
  }
  return reservedNumber.get(text.toUpperCase()) ?? names?.numberOf(unquoteName(text));
}

export function formatPort(port: number, names?: PortNames): string {
  const known = reservedName.get(port);
  if (known) return known;
  const name = names?.nameOf(port);
  return name === undefined ? String(port) : quoteName(name);
}
