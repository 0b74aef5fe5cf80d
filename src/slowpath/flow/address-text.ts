/** MAC, IPv4 and IPv6 addresses in text, with their masks, as inet_ntop and OVS write them. */

const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0");

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 6), hexByte).join(":");
}

export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(":");
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) return undefined;
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

export function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}

export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** RFC 5952, and the dotted tail that inet_ntop gives IPv4-mapped and IPv4-compatible addresses. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1]);
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > length) {
      start = i;
      length = n;
    }
  }
  const dotted = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(":");
  if (dotted) return `${length === 6 ? "::" : "::ffff:"}${formatIpv4(bytes.subarray(12))}`;
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

export function parseIpv6(text: string): Uint8Array | undefined {
  let source = text;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const four = parseIpv4(tail[2]);
    if (!four) return undefined;
    const word = (i: number): string => ((four[i] << 8) | four[i + 1]).toString(16);
    source = `${tail[1]}${word(0)}:${word(2)}`;
  }
  const halves = source.split("::");
  if (halves.length > 2) return undefined;
  const words = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = words.reduce((sum, half) => sum + half.length, 0);
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const all = halves.length === 2 ? [...words[0], ...new Array<string>(8 - given).fill("0"), ...words[1]] : words[0];
  if (!all.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return Uint8Array.from(
    all.flatMap((word) => {
      const value = Number.parseInt(word, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** Number of leading ones when the mask is a prefix, otherwise -1. */
export function prefixLength(mask: Uint8Array): number {
  let length = 0;
  while (length < mask.length * 8 && mask[length >> 3] & (0x80 >> (length & 7))) length++;
  for (let bit = length; bit < mask.length * 8; bit++) if (mask[bit >> 3] & (0x80 >> (bit & 7))) return -1;
  return length;
}

export function prefixMask(length: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => 0xff & ~(0xff >> Math.min(8, Math.max(0, length - 8 * i))));
}

/** `1.2.3.4`, `1.2.3.0/24`, `1.0.3.0/255.0.255.0`, and the same for IPv6. */
export function formatAddress(address: Uint8Array, mask?: Uint8Array): string {
  const format = address.length === 4 ? formatIpv4 : formatIpv6;
  if (!mask) return format(address);
  const length = prefixLength(mask);
  if (length === mask.length * 8) return format(address);
  return `${format(address)}/${length < 0 ? format(mask) : length}`;
}

export function parseAddress(text: string, bytes: 4 | 16): { address: Uint8Array; mask: Uint8Array } | undefined {
  const parse = bytes === 4 ? parseIpv4 : parseIpv6;
  const slash = text.indexOf("/");
  const address = parse(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  if (slash < 0) return { address, mask: prefixMask(bytes * 8, bytes) };
  const suffix = text.slice(slash + 1);
  if (/^\d+$/.test(suffix)) {
    return Number(suffix) <= bytes * 8 ? { address, mask: prefixMask(Number(suffix), bytes) } : undefined;
  }
  const mask = parse(suffix);
  return mask && { address, mask };
}
