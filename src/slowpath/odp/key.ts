/**
 * What: datapath keys in ovs-dpctl's text: `recirc_id(0x2),dp_hash(0x5/0xf),in_port(veth5),packet_type(ns=0,id=0),eth(…),…`.
 * Invariants: text that `formatKey` made parses to the same bits under the mask. Plain text leaves out what does not count;
 *   verbose text (-m) shows the whole packet, with a mask behind each value.
 */
import {
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_STATE,
  KEY_CT_ZONE,
  KEY_DP_HASH,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_PKT_MARK,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_SKB_PRIORITY,
  KEY_TCP_FLAGS,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  KEY_VLAN_TCI1,
  KEY_VLAN_TPID0,
  KEY_VLAN_TPID1,
  NW_FRAG_LATER,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import { ctStateNames, formatFlags, formatMaskedFlags, parseFlags, tcpFlagNames } from "../flow/flag-text.ts";
import { isZero } from "../flow/flow.ts";
import {
  ETH_TYPE_ARP,
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_MPLS,
  ETH_TYPE_MPLS_MULTICAST,
  ETH_TYPE_RARP,
  IP_PROTO_ICMP,
  IP_PROTO_ICMPV6,
  IP_PROTO_SCTP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  ND_ADVERT,
  ND_SOLICIT,
} from "../flow/prerequisites.ts";
import { formatAttribute, type MaskedKey, parseAttribute } from "./attribute-text.ts";
import { type AttributeName, attributes, isAttribute } from "./attributes.ts";
import { type DatapathPortNames, formatDatapathPort, parseDatapathPort } from "./port-names.ts";
import { DatapathTextError, hex, items } from "./scan.ts";
import { formatTunnel, parseTunnel, type TunnelOption } from "./tunnel-text.ts";
import { formatMasked, parseMasked } from "./values.ts";
import { formatEtherType, formatLse, formatTci, parseLse, parseTci } from "./vlan-text.ts";

export type { MaskedKey } from "./attribute-text.ts";

export interface KeyTextOptions {
  /** Ports by name. */
  readonly ports?: DatapathPortNames;
  /** -m: every field of the packet, those that do not count with mask 0. */
  readonly verbose?: boolean;
  /** The TLV map. */
  readonly tunnelOptions?: readonly TunnelOption[];
}

/** Single values with a name of their own: offset, bytes. */
const scalars: Readonly<Record<string, readonly [offset: number, bytes: number]>> = {
  skb_priority: [KEY_SKB_PRIORITY, 4],
  skb_mark: [KEY_PKT_MARK, 4],
  ct_zone: [KEY_CT_ZONE, 2],
  ct_mark: [KEY_CT_MARK, 4],
  ct_label: [KEY_CT_LABEL, 16],
  recirc_id: [KEY_RECIRC_ID, 4],
  dp_hash: [KEY_DP_HASH, 4],
};

const transports: Readonly<Record<number, AttributeName>> = {
  [IP_PROTO_TCP]: "tcp",
  [IP_PROTO_UDP]: "udp",
  [IP_PROTO_SCTP]: "sctp",
};

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) * 65536 + u16(bytes, at + 2)) >>> 0;

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** A key with all of its mask: text without masks. */
export function exactKey(key: Uint8Array): MaskedKey {
  return { key, mask: new Uint8Array(KEY_SIZE).fill(0xff) };
}

export function formatKey(masked: MaskedKey, options: KeyTextOptions = {}): string {
  const verbose = options.verbose ?? false;
  const { key, mask } = masked;
  const out: string[] = [];
  const scalar = (name: string, always = verbose): void => {
    const [offset, bytes] = scalars[name];
    const known = mask.subarray(offset, offset + bytes);
    if (always || !isZero(known))
      out.push(`${name}(${formatMasked(key.subarray(offset, offset + bytes), known, "hex")})`);
  };
  const type = u16(key, KEY_ETH_TYPE);
  scalar("skb_priority");
  // A packet that came through no tunnel has no such part, even where the mask has.
  if (!isZero(key.subarray(KEY_TUN_ID, KEY_SIZE))) out.push(formatTunnel(masked, verbose, options.tunnelOptions ?? []));
  scalar("skb_mark");
  putCtState(out, masked, verbose);
  scalar("ct_zone");
  scalar("ct_mark");
  scalar("ct_label");
  const tuple = type === ETH_TYPE_IP ? "ct_tuple4" : type === ETH_TYPE_IPV6 ? "ct_tuple6" : undefined;
  if (tuple && attributes[tuple].some(({ offset, bytes }) => !isZero(key.subarray(offset, offset + bytes)))) {
    out.push(formatAttribute(tuple, masked, verbose));
  }
  scalar("recirc_id", true);
  scalar("dp_hash");
  out.push(`in_port(${formatDatapathPort(u32(key, KEY_IN_PORT), options.ports)})`, "packet_type(ns=0,id=0)");
  out.push(formatAttribute("eth", masked, verbose));
  putTagged(out, masked, verbose, 0);
  return out.filter((text) => text !== "").join(",");
}

function putCtState(out: string[], { key, mask }: MaskedKey, verbose: boolean): void {
  const state = u16(key, KEY_CT_STATE);
  const known = u16(mask, KEY_CT_STATE);
  if (verbose) out.push(`ct_state(${hex(state)}${known === 0xffff ? "" : `/${hex(known)}`})`);
  else if (known === 0xffff) out.push(`ct_state(${formatFlags(ctStateNames, state)})`);
  else if (known) out.push(`ct_state(${formatMaskedFlags(ctStateNames, state, known)})`);
}

const tags = [
  [KEY_VLAN_TPID0, KEY_VLAN_TCI0],
  [KEY_VLAN_TPID1, KEY_VLAN_TCI1],
] as const;

/** VLAN tags enclose what is inside them: `eth_type(0x8100),vlan(…),encap(…)`. */
function putTagged(out: string[], masked: MaskedKey, verbose: boolean, depth: 0 | 1 | 2): void {
  const { key, mask } = masked;
  const [tpid, tci] = tags[depth as 0 | 1] ?? [0, 0];
  if (depth === 2 || (u16(key, tci) & VLAN_CFI) === 0 || (!verbose && u16(mask, tci) === 0)) {
    putPayload(out, masked, verbose);
    return;
  }
  const inner: string[] = [];
  putTagged(inner, masked, verbose, depth === 0 ? 1 : 2);
  out.push(`eth_type(${formatEtherType(u16(key, tpid))})`);
  out.push(`vlan(${formatTci(u16(key, tci), u16(mask, tci), verbose)})`);
  out.push(`encap(${inner.filter((text) => text !== "").join(",")})`);
}

function putPayload(out: string[], masked: MaskedKey, verbose: boolean): void {
  const { key, mask } = masked;
  const type = u16(key, KEY_ETH_TYPE);
  if (verbose || u16(mask, KEY_ETH_TYPE) !== 0) out.push(`eth_type(${formatEtherType(type)})`);
  switch (type) {
    case ETH_TYPE_IP:
    case ETH_TYPE_IPV6:
      out.push(formatAttribute(type === ETH_TYPE_IP ? "ipv4" : "ipv6", masked, verbose));
      if ((key[KEY_NW_FRAG] & NW_FRAG_LATER) === 0) putTransport(out, masked, verbose);
      return;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
      out.push(formatAttribute("arp", masked, verbose));
      return;
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MULTICAST: {
      const known = u32(mask, KEY_MPLS_LSE0);
      if (verbose || known !== 0) out.push(`mpls(${formatLse(u32(key, KEY_MPLS_LSE0), known)})`);
    }
  }
}

function putTransport(out: string[], masked: MaskedKey, verbose: boolean): void {
  const { key, mask } = masked;
  const protocol = key[KEY_NW_PROTO];
  const ports = transports[protocol];
  if (ports) out.push(formatAttribute(ports, masked, verbose));
  const known = u16(mask, KEY_TCP_FLAGS) & 0xfff;
  if (protocol === IP_PROTO_TCP && (verbose || known !== 0)) {
    const flags = u16(key, KEY_TCP_FLAGS);
    const text = known === 0xfff ? formatFlags(tcpFlagNames, flags) : formatMaskedFlags(tcpFlagNames, flags, known);
    out.push(`tcp_flags(${text})`);
  }
  if (protocol === IP_PROTO_ICMP && u16(key, KEY_ETH_TYPE) === ETH_TYPE_IP) {
    out.push(formatAttribute("icmp", masked, verbose));
  }
  if (protocol !== IP_PROTO_ICMPV6 || u16(key, KEY_ETH_TYPE) !== ETH_TYPE_IPV6) return;
  out.push(formatAttribute("icmpv6", masked, verbose));
  const kind = key[KEY_TP_SRC + 1];
  if (kind !== ND_SOLICIT && kind !== ND_ADVERT) return;
  out.push(formatAttribute("nd", masked, verbose));
  const extended = u32(key, KEY_ND_RESERVED) !== 0 || key[KEY_ND_OPTIONS_TYPE] !== 0;
  out.push(formatAttribute("nd_ext", masked, verbose && extended));
}

/**
 * Fields that the text does not name have mask 0. Blanks and line ends may stand anywhere: scripts break long keys.
 * @throws DatapathTextError
 */
export function parseKey(text: string, options: KeyTextOptions = {}): MaskedKey {
  const masked: MaskedKey = { key: new Uint8Array(KEY_SIZE), mask: new Uint8Array(KEY_SIZE) };
  parseInto(text.replaceAll(/\s+/g, ""), masked, options, 0);
  return masked;
}

function parseInto(text: string, masked: MaskedKey, options: KeyTextOptions, depth: number): void {
  const { key, mask } = masked;
  for (const { name, inside } of items(text)) {
    if (inside === undefined) throw new DatapathTextError(`${text}: syntax error at ${name}`);
    if (isAttribute(name)) {
      parseAttribute(name, inside, masked);
    } else if (scalars[name]) {
      const [offset, bytes] = scalars[name];
      const parsed = parseMasked(inside, "hex", bytes);
      key.set(parsed.value, offset);
      mask.set(parsed.mask, offset);
    } else if (name === "vlan" && tags[depth]) {
      const { tci, mask: known } = parseTci(inside);
      put16(key, tags[depth][1], tci);
      put16(mask, tags[depth][1], known);
    } else if (name === "encap") {
      // The type read so far was the tag's.
      if (tags[depth]) {
        key.copyWithin(tags[depth][0], KEY_ETH_TYPE, KEY_ETH_TYPE + 2);
        mask.fill(0xff, tags[depth][0], tags[depth][0] + 2);
      }
      parseInto(inside, masked, options, depth + 1);
    } else {
      parseOther(name, inside, masked, options);
    }
  }
}

function parseOther(name: string, inside: string, { key, mask }: MaskedKey, options: KeyTextOptions): void {
  switch (name) {
    case "tunnel":
      parseTunnel(inside, { key, mask }, options.tunnelOptions ?? []);
      return;
    case "ct_state": {
      const { flags, mask: known } = parseFlagsOrNumber(inside, ctStateNames, "ct_state");
      put16(key, KEY_CT_STATE, flags);
      put16(mask, KEY_CT_STATE, known);
      return;
    }
    case "tcp_flags": {
      const { flags, mask: known } = parseFlagsOrNumber(inside, tcpFlagNames, "TCP");
      put16(key, KEY_TCP_FLAGS, flags);
      put16(mask, KEY_TCP_FLAGS, known);
      return;
    }
    case "in_port": {
      const port = parseDatapathPort(inside, options.ports);
      put16(key, KEY_IN_PORT, port >>> 16);
      put16(key, KEY_IN_PORT + 2, port);
      mask.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
      return;
    }
    case "eth_type": {
      const parsed = parseMasked(inside, "hex", 2);
      key.set(parsed.value, KEY_ETH_TYPE);
      mask.set(parsed.mask, KEY_ETH_TYPE);
      return;
    }
    case "mpls": {
      const { lse, mask: known } = parseLse(inside);
      put16(key, KEY_MPLS_LSE0, lse >>> 16);
      put16(key, KEY_MPLS_LSE0 + 2, lse);
      put16(mask, KEY_MPLS_LSE0, known >>> 16);
      put16(mask, KEY_MPLS_LSE0 + 2, known);
      return;
    }
    case "packet_type":
      // Every packet here is an Ethernet frame.
      return;
  }
  throw new DatapathTextError(`${name}(${inside}): unknown part of a key`);
}

/** Values under a mask may have bits outside of it in verbose text. */
function parseFlagsOrNumber(text: string, names: readonly string[], title: string): { flags: number; mask: number } {
  const numeric = /^(0x[0-9a-f]+|\d+)\/(0x[0-9a-f]+|\d+)$/i.exec(text);
  return numeric ? { flags: Number(numeric[1]), mask: Number(numeric[2]) } : parseFlags(text, names, title);
}
