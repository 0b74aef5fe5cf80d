/** How single values of a datapath key print and parse: `6/0`, `0x2/0x3`, `aa:…/ff:…`, `10.0.0.0/255.0.0.0`. */
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from "../flow/address-text.ts";
import { DatapathTextError, hex } from "./scan.ts";

export type ValueFormat = "decimal" | "hex" | "long_hex" | "mac" | "ipv4" | "ipv6";

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function bytesOf(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new DatapathTextError(`${value}: does not fit in ${length} bytes`);
  return bytes;
}

function format(bytes: Uint8Array, as: ValueFormat): string {
  switch (as) {
    case "mac":
      return formatMac(bytes);
    case "ipv4":
      return formatIpv4(bytes);
    case "ipv6":
      return formatIpv6(bytes);
    case "decimal":
      return numberOf(bytes).toString();
    case "long_hex":
      return `0x${numberOf(bytes).toString(16)}`;
    default:
      return hex(numberOf(bytes));
  }
}

/** `full` is the mask of the whole value when it has fewer bits than its bytes. */
export function formatMasked(value: Uint8Array, mask: Uint8Array, as: ValueFormat, full?: bigint): string {
  const ones = numberOf(mask);
  const text = format(value, as);
  if (ones === (full ?? (1n << BigInt(mask.length * 8)) - 1n)) return text;
  return `${text}/${as === "decimal" || as === "long_hex" ? hex(ones) : format(mask, as)}`;
}

function parse(text: string, as: ValueFormat, length: number): Uint8Array {
  const parsed =
    as === "mac" ? parseMac(text) : as === "ipv4" ? parseIpv4(text) : as === "ipv6" ? parseIpv6(text) : undefined;
  if (parsed) return parsed;
  if (as === "mac" || as === "ipv4" || as === "ipv6" || !/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    throw new DatapathTextError(`${text}: not a value of the kind ${as}`);
  }
  return bytesOf(BigInt(text), length);
}

/** @throws DatapathTextError */
export function parseMasked(
  text: string,
  as: ValueFormat,
  length: number,
  full?: bigint,
): { value: Uint8Array; mask: Uint8Array } {
  const [valueText, maskText] = text.split("/");
  const value = parse(valueText, as, length);
  if (maskText !== undefined) {
    const mask = parse(maskText, as === "long_hex" ? "hex" : as, length);
    return { value, mask };
  }
  return { value, mask: full === undefined ? new Uint8Array(length).fill(0xff) : bytesOf(full, length) };
}
