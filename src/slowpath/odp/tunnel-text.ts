/**
 * What: the tunnel part of a key: `tunnel(tun_id=0x1,src=172.31.0.2,dst=172.31.0.1,geneve({class=…}),flags(-df+csum+key))`.
 *   A key holds only the options' data; the TLV map (`options`) knows their classes and types.
 */
import {
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_IPV6_DST,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_METADATA,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TP_DST,
  KEY_TUN_TP_SRC,
  KEY_TUN_TTL,
  TUN_FLAG_CSUM,
  TUN_FLAG_DF,
  TUN_FLAG_KEY,
  TUN_FLAG_OAM,
} from "../../../assembly/layout/key.ts";
import { isZero } from "../flow/flow.ts";
import { setTunnelMetadataPresent, tunnelMetadataPresent } from "../flow/match.ts";
import type { MaskedKey } from "./attribute-text.ts";
import type { Part } from "./attributes.ts";
import { DatapathTextError, integer, items, splitTop } from "./scan.ts";
import { formatMasked, parseMasked, type ValueFormat } from "./values.ts";

/** One row of the TLV map. */
export interface TunnelOption {
  /** n of tun_metadata<n>. */
  readonly index: number;
  readonly class: number;
  readonly type: number;
  /** From the start of the key's tunnel metadata. */
  readonly offset: number;
  readonly bytes: number;
}

const parts: readonly (Part & { readonly format: ValueFormat })[] = [
  { name: "tun_id", offset: KEY_TUN_ID, bytes: 8, format: "long_hex" },
  { name: "src", offset: KEY_TUN_SRC, bytes: 4, format: "ipv4" },
  { name: "dst", offset: KEY_TUN_DST, bytes: 4, format: "ipv4" },
  { name: "ipv6_src", offset: KEY_TUN_IPV6_SRC, bytes: 16, format: "ipv6" },
  { name: "ipv6_dst", offset: KEY_TUN_IPV6_DST, bytes: 16, format: "ipv6" },
  { name: "tos", offset: KEY_TUN_TOS, bytes: 1, format: "hex" },
  { name: "ttl", offset: KEY_TUN_TTL, bytes: 1, format: "decimal" },
  { name: "tp_src", offset: KEY_TUN_TP_SRC, bytes: 2, format: "decimal" },
  { name: "tp_dst", offset: KEY_TUN_TP_DST, bytes: 2, format: "decimal" },
];

const flags: readonly (readonly [string, number])[] = [
  ["oam", TUN_FLAG_OAM],
  ["df", TUN_FLAG_DF],
  ["csum", TUN_FLAG_CSUM],
  ["key", TUN_FLAG_KEY],
];

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** "" when the packet came through no tunnel. */
export function formatTunnel(masked: MaskedKey, verbose: boolean, options: readonly TunnelOption[]): string {
  const { key, mask } = masked;
  const texts: string[] = [];
  for (const { name, offset, bytes, format } of parts) {
    const value = key.subarray(offset, offset + bytes);
    const known = mask.subarray(offset, offset + bytes);
    // Verbose text has what the packet had: an absent header field is all zeros.
    if (isZero(known) && !(verbose && !isZero(value))) continue;
    texts.push(`${name}=${formatMasked(value, known, format)}`);
  }
  const carried = options.filter(({ index }) => tunnelMetadataPresent(key, index));
  if (carried.length > 0)
    texts.push(`geneve(${carried.map((option) => formatOption(masked, option, verbose)).join("")})`);
  const known = u16(mask, KEY_TUN_FLAGS);
  const value = u16(key, KEY_TUN_FLAGS);
  const words = flags.filter(([, bit]) => known & bit).map(([name, bit]) => `${value & bit ? "+" : "-"}${name}`);
  if (words.length > 0) texts.push(`flags(${words.join("")})`);
  return texts.length === 0 ? "" : `tunnel(${texts.join(",")})`;
}

function formatOption({ key, mask }: MaskedKey, option: TunnelOption, verbose: boolean): string {
  const at = KEY_TUN_METADATA + option.offset;
  const known = mask.subarray(at, at + option.bytes);
  const exact = tunnelMetadataPresent(mask, option.index);
  if (!exact && !verbose) return "{}";
  const open = exact ? "" : "/0";
  const data = formatMasked(key.subarray(at, at + option.bytes), known, "hex");
  const shown = verbose || !isZero(known) ? `,${data}` : "";
  const type = `0x${option.type.toString(16)}`;
  return `{class=0x${option.class.toString(16)}${open},type=${type}${open},len=${option.bytes}${open}${shown}}`;
}

/** @throws DatapathTextError */
export function parseTunnel(text: string, masked: MaskedKey, options: readonly TunnelOption[]): void {
  const { key, mask } = masked;
  for (const { name, value, inside } of items(text)) {
    const part = parts.find((candidate) => candidate.name === name);
    if (part && value !== undefined) {
      const parsed = parseMasked(value, part.format, part.bytes);
      key.set(parsed.value, part.offset);
      mask.set(parsed.mask, part.offset);
    } else if (name === "geneve" && inside !== undefined) parseOptions(inside, masked, options);
    else if (name === "flags" && inside !== undefined) parseTunnelFlags(inside, masked);
    else throw new DatapathTextError(`tunnel(${text}): unknown field ${name}`);
  }
}

function parseTunnelFlags(text: string, { key, mask }: MaskedKey): void {
  for (const [, sign, name] of text.matchAll(/([+-]?)([a-z]+)\|?/g)) {
    const bit = flags.find(([word]) => word === name)?.[1];
    if (bit === undefined) throw new DatapathTextError(`${text}: unknown tunnel flag ${name}`);
    if (sign !== "-") key[KEY_TUN_FLAGS + 1] |= bit;
    mask[KEY_TUN_FLAGS + 1] |= bit;
  }
}

function parseOptions(text: string, { key, mask }: MaskedKey, options: readonly TunnelOption[]): void {
  const groups = text.split("}").filter((group) => group.trim() !== "");
  groups.forEach((group, position) => {
    const inside = group.replace(/^\s*\{/, "");
    const fields = splitTop(inside);
    const named = new Map(items(inside).map(({ name, value }) => [name, value]));
    const [type, open] = (named.get("type") ?? "").split("/");
    // `{}` says no more than that an option is there: it is the next one of the map.
    const option = type ? options.find((row) => row.type === integer(type, "type")) : options[position];
    if (!option) throw new DatapathTextError(`geneve(${text}): no option of type ${type} in the TLV map`);
    setTunnelMetadataPresent(key, option.index, true);
    if (type && open === undefined) setTunnelMetadataPresent(mask, option.index, true);
    const data = fields.find((field) => !field.includes("="));
    if (data === undefined) return;
    const parsed = parseMasked(data, "hex", option.bytes);
    key.set(parsed.value, KEY_TUN_METADATA + option.offset);
    mask.set(parsed.mask, KEY_TUN_METADATA + option.offset);
  });
}
