/**
 * What: set actions in text: `set(eth(src=…,dst=…))`, `set(ipv4(ttl=63))`. They print as the key's attributes do, so their values are
 *   put where a key has them, and taken from there.
 * Not handled: the text of a transport or ICMP set names a protocol, the action does not; `protocol` of the flow decides,
 *   TCP and ICMP without one.
 */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_PKT_MARK,
  KEY_SIZE,
  KEY_SKB_PRIORITY,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
} from "../../../assembly/layout/key.ts";
import type { DatapathAction, SetTarget } from "../../fastpath/datapath-action.ts";
import { isZero } from "../flow/flow.ts";
import { IP_PROTO_ICMPV6, IP_PROTO_SCTP, IP_PROTO_UDP } from "../flow/prerequisites.ts";
import { formatAttribute, type MaskedKey, parseAttribute } from "./attribute-text.ts";
import { type AttributeName, isAttribute } from "./attributes.ts";
import { DatapathTextError, item } from "./scan.ts";
import { formatTunnel, parseTunnel, type TunnelOption } from "./tunnel-text.ts";
import { formatMasked, parseMasked } from "./values.ts";
import { formatLse, formatTci, parseLse, parseTci } from "./vlan-text.ts";

type SetAction = Extract<DatapathAction, { type: "set" }>;

interface Placement {
  readonly bytes: number;
  /** Offset in the action's value, offset in a key, bytes. */
  readonly runs: readonly (readonly [at: number, key: number, bytes: number])[];
}

/** As the comments at OP_SET_* in assembly/layout/program.ts say. */
const placements: Readonly<Record<SetTarget, Placement>> = {
  ethernet: {
    bytes: 12,
    runs: [
      [0, KEY_ETH_DST, 6],
      [6, KEY_ETH_SRC, 6],
    ],
  },
  ipv4: {
    bytes: 12,
    runs: [
      [0, KEY_NW_SRC, 4],
      [4, KEY_NW_DST, 4],
      [8, KEY_NW_TOS, 1],
      [9, KEY_NW_TTL, 1],
    ],
  },
  ipv6: {
    bytes: 40,
    runs: [
      [0, KEY_IPV6_SRC, 16],
      [16, KEY_IPV6_DST, 16],
      [32, KEY_IPV6_LABEL, 4],
      [36, KEY_NW_TOS, 1],
      [37, KEY_NW_TTL, 1],
    ],
  },
  transport: {
    bytes: 4,
    runs: [
      [0, KEY_TP_SRC, 2],
      [2, KEY_TP_DST, 2],
    ],
  },
  icmp: {
    bytes: 4,
    runs: [
      [0, KEY_TP_SRC + 1, 1],
      [1, KEY_TP_DST + 1, 1],
    ],
  },
  arp: {
    bytes: 24,
    runs: [
      [0, KEY_NW_SRC, 4],
      [4, KEY_NW_DST, 4],
      [8, KEY_ARP_SHA, 6],
      [14, KEY_ARP_THA, 6],
      [21, KEY_NW_PROTO, 1],
    ],
  },
  nd: {
    bytes: 36,
    runs: [
      [0, KEY_ND_TARGET, 16],
      [16, KEY_ARP_SHA, 6],
      [22, KEY_ARP_THA, 6],
      [28, KEY_ND_RESERVED, 4],
      [32, KEY_ND_OPTIONS_TYPE, 1],
    ],
  },
  vlan: {
    bytes: 4,
    runs: [
      [0, KEY_VLAN_TPID0, 2],
      [2, KEY_VLAN_TCI0, 2],
    ],
  },
  metadata: {
    bytes: 8,
    runs: [
      [0, KEY_SKB_PRIORITY, 4],
      [4, KEY_PKT_MARK, 4],
    ],
  },
  tunnel: { bytes: KEY_SIZE - KEY_TUN_ID, runs: [[0, KEY_TUN_ID, KEY_SIZE - KEY_TUN_ID]] },
  mpls: { bytes: 4, runs: [[0, KEY_MPLS_LSE0, 4]] },
};

const targets: Readonly<Record<string, SetTarget>> = {
  eth: "ethernet",
  ipv4: "ipv4",
  ipv6: "ipv6",
  tcp: "transport",
  udp: "transport",
  sctp: "transport",
  icmp: "icmp",
  icmpv6: "icmp",
  arp: "arp",
  nd: "nd",
  nd_ext: "nd",
  vlan: "vlan",
  skb_priority: "metadata",
  skb_mark: "metadata",
  tunnel: "tunnel",
  mpls: "mpls",
};

function emptyKey(): MaskedKey {
  return { key: new Uint8Array(KEY_SIZE), mask: new Uint8Array(KEY_SIZE) };
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) * 65536 + u16(bytes, at + 2)) >>> 0;

/** One `set(…)`, or two for what the text keeps apart (skb_priority and skb_mark, nd and nd_ext). */
export function formatSet(action: SetAction, protocol: number | undefined, options: readonly TunnelOption[]): string {
  const masked = emptyKey();
  for (const [at, key, bytes] of placements[action.target].runs) {
    masked.key.set(action.value.subarray(at, at + bytes), key);
    masked.mask.set(action.mask.subarray(at, at + bytes), key);
  }
  const texts = attributeTexts(action.target, masked, protocol, options).filter((text) => text !== "");
  return texts.map((text) => `set(${text})`).join(",");
}

function attributeTexts(
  target: SetTarget,
  masked: MaskedKey,
  protocol: number | undefined,
  options: readonly TunnelOption[],
): string[] {
  const { key, mask } = masked;
  const one = (name: AttributeName): string => formatAttribute(name, masked, false);
  const scalar = (name: string, offset: number): string => {
    const known = mask.subarray(offset, offset + 4);
    return isZero(known) ? "" : `${name}(${formatMasked(key.subarray(offset, offset + 4), known, "hex")})`;
  };
  switch (target) {
    case "ethernet":
      return [one("eth")];
    case "ipv4":
    case "ipv6":
    case "arp":
      return [one(target)];
    case "transport":
      return [one(protocol === IP_PROTO_UDP ? "udp" : protocol === IP_PROTO_SCTP ? "sctp" : "tcp")];
    case "icmp":
      return [one(protocol === IP_PROTO_ICMPV6 ? "icmpv6" : "icmp")];
    case "nd":
      return [one("nd"), one("nd_ext")];
    case "vlan":
      return [`vlan(${formatTci(u16(key, KEY_VLAN_TCI0), u16(mask, KEY_VLAN_TCI0), false)})`];
    case "metadata":
      return [scalar("skb_priority", KEY_SKB_PRIORITY), scalar("skb_mark", KEY_PKT_MARK)];
    case "tunnel":
      return [formatTunnel(masked, false, options)];
    case "mpls":
      return [`mpls(${formatLse(u32(key, KEY_MPLS_LSE0), u32(mask, KEY_MPLS_LSE0))})`];
  }
}

/** @throws DatapathTextError */
export function parseSet(text: string, options: readonly TunnelOption[]): SetAction {
  const { name, inside = "" } = item(text);
  const target = targets[name];
  if (!target) throw new DatapathTextError(`set(${text}): unknown field`);
  const masked = emptyKey();
  const { key, mask } = masked;
  if (isAttribute(name)) parseAttribute(name, inside, masked);
  else if (name === "tunnel") parseTunnel(inside, masked, options);
  else if (name === "vlan") {
    const { tci, mask: known } = parseTci(inside);
    put(key, KEY_VLAN_TCI0, tci, 2);
    put(mask, KEY_VLAN_TCI0, known, 2);
  } else if (name === "mpls") {
    const { lse, mask: known } = parseLse(inside);
    put(key, KEY_MPLS_LSE0, lse, 4);
    put(mask, KEY_MPLS_LSE0, known, 4);
  } else {
    const offset = name === "skb_mark" ? KEY_PKT_MARK : KEY_SKB_PRIORITY;
    const parsed = parseMasked(inside, "hex", 4);
    key.set(parsed.value, offset);
    mask.set(parsed.mask, offset);
  }
  const { bytes, runs } = placements[target];
  const action = { type: "set" as const, target, value: new Uint8Array(bytes), mask: new Uint8Array(bytes) };
  for (const [at, from, length] of runs) {
    action.value.set(key.subarray(from, from + length), at);
    action.mask.set(mask.subarray(from, from + length), at);
  }
  return action;
}

function put(bytes: Uint8Array, at: number, value: number, length: 2 | 4): void {
  for (let i = 0; i < length; i++) bytes[at + i] = value >>> (8 * (length - 1 - i));
}
