/**
 * Makes an Ethernet frame that parses to a given flow: lengths and checksums right, what the flow does not say zero.
 *
 * What: for packets that people describe in words, `ofproto/trace -generate` and test suites' `receive`.
 * Not handled: IPv6 extension headers, what follows the label stack in MPLS, NSH, ICMP errors' quoted packets.
 */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_ETH_TYPE,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_VLAN_TCI0,
  KEY_VLAN_TCI1,
  KEY_VLAN_TPID0,
  KEY_VLAN_TPID1,
  NW_FRAG_ANY,
  NW_FRAG_LATER,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import { isZero } from "./flow.ts";
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
} from "./prerequisites.ts";

/** An 802.3 frame without a type, as flows call it. */
const NO_TYPE = 0x05ff;
const MORE_FRAGMENTS = 0x2000;
/** Offset of later fragments, in units of 8 bytes. */
const LATER_OFFSET = 100;
const TCP_FIN_SYN_RST = 0x007;
const BOTTOM_OF_STACK = 0x100;
const ICMP_ECHO = [0, 8];
const ICMPV6_ECHO = [128, 129];
/** Options of neighbour discovery, RFC 4861 section 4.6. */
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;

const u16 = (flow: Uint8Array, at: number): number => (flow[at] << 8) | flow[at + 1];
const be16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const concat = (...parts: ArrayLike<number>[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** @param payload what the transport carries, where it can carry something */
export function composeFrame(flow: Uint8Array, payload: Uint8Array): Uint8Array {
  const addresses = concat(flow.subarray(KEY_ETH_DST, KEY_ETH_DST + 6), flow.subarray(KEY_ETH_SRC, KEY_ETH_SRC + 6));
  const type = u16(flow, KEY_ETH_TYPE);
  if (type === NO_TYPE) return concat(addresses, be16(addresses.length + 2));
  const tags = [
    [KEY_VLAN_TPID0, KEY_VLAN_TCI0],
    [KEY_VLAN_TPID1, KEY_VLAN_TCI1],
  ]
    .filter(([, tci]) => u16(flow, tci) & VLAN_CFI)
    .flatMap(([tpid, tci]) => [...be16(u16(flow, tpid) || 0x8100), ...be16(u16(flow, tci) & ~VLAN_CFI)]);
  return concat(addresses, tags, be16(type), network(flow, type, payload));
}

function network(flow: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  switch (type) {
    case ETH_TYPE_IP:
      return ipv4(flow, payload);
    case ETH_TYPE_IPV6:
      return ipv6(flow, payload);
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
      return arp(flow);
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MULTICAST: {
      const label = flow.slice(KEY_MPLS_LSE0, KEY_MPLS_LSE0 + 4);
      label[2] |= BOTTOM_OF_STACK >> 8;
      return label;
    }
  }
  return new Uint8Array();
}

function ipv4(flow: Uint8Array, payload: Uint8Array): Uint8Array {
  const fragment = flow[KEY_NW_FRAG];
  const offset = fragment & NW_FRAG_ANY ? MORE_FRAGMENTS | (fragment & NW_FRAG_LATER ? LATER_OFFSET : 0) : 0;
  const ends = concat(flow.subarray(KEY_NW_SRC, KEY_NW_SRC + 4), flow.subarray(KEY_NW_DST, KEY_NW_DST + 4));
  const body = transport(flow, ends, payload);
  const header = concat(
    [0x45, flow[KEY_NW_TOS], ...be16(20 + body.length), 0, 0, ...be16(offset)],
    [flow[KEY_NW_TTL], flow[KEY_NW_PROTO], 0, 0],
    ends,
  );
  header.set(be16(checksum(header)), 10);
  return concat(header, body);
}

function ipv6(flow: Uint8Array, payload: Uint8Array): Uint8Array {
  const ends = concat(flow.subarray(KEY_IPV6_SRC, KEY_IPV6_SRC + 16), flow.subarray(KEY_IPV6_DST, KEY_IPV6_DST + 16));
  const body = transport(flow, ends, payload);
  const first = flow.slice(KEY_IPV6_LABEL, KEY_IPV6_LABEL + 4);
  first[0] = 0x60 | (flow[KEY_NW_TOS] >> 4);
  first[1] = (first[1] & 0x0f) | ((flow[KEY_NW_TOS] << 4) & 0xf0);
  return concat(first, be16(body.length), [flow[KEY_NW_PROTO], flow[KEY_NW_TTL]], ends, body);
}

function arp(flow: Uint8Array): Uint8Array {
  return concat(
    [0, 1, 8, 0, 6, 4, 0, flow[KEY_NW_PROTO]],
    flow.subarray(KEY_ARP_SHA, KEY_ARP_SHA + 6),
    flow.subarray(KEY_NW_SRC, KEY_NW_SRC + 4),
    flow.subarray(KEY_ARP_THA, KEY_ARP_THA + 6),
    flow.subarray(KEY_NW_DST, KEY_NW_DST + 4),
  );
}

/** @param ends source and destination address, for the pseudo-header */
function transport(flow: Uint8Array, ends: Uint8Array, payload: Uint8Array): Uint8Array {
  if (flow[KEY_NW_FRAG] & NW_FRAG_LATER) return new Uint8Array();
  const protocol = flow[KEY_NW_PROTO];
  const ports = concat(flow.subarray(KEY_TP_SRC, KEY_TP_SRC + 2), flow.subarray(KEY_TP_DST, KEY_TP_DST + 2));
  const [type, code] = [flow[KEY_TP_SRC + 1], flow[KEY_TP_DST + 1]];
  switch (protocol) {
    case IP_PROTO_TCP: {
      const flags = u16(flow, KEY_TCP_FLAGS) & 0xfff;
      const header = concat(ports, new Uint8Array(8), be16(0x5000 | flags), new Uint8Array(6));
      return withChecksum(concat(header, flags & TCP_FIN_SYN_RST ? [] : payload), 16, pseudo(ends, protocol));
    }
    case IP_PROTO_UDP: {
      const datagram = concat(ports, be16(8 + payload.length), [0, 0], payload);
      return withChecksum(datagram, 6, pseudo(ends, protocol));
    }
    case IP_PROTO_SCTP:
      return concat(ports, new Uint8Array(8));
    case IP_PROTO_ICMP: {
      const echo = ICMP_ECHO.includes(type) && code === 0;
      return withChecksum(concat([type, code], new Uint8Array(6), echo ? payload : []), 2, undefined);
    }
    case IP_PROTO_ICMPV6: {
      const message = concat([type, code], new Uint8Array(6), icmpv6Body(flow, type, code, payload));
      return withChecksum(message, 2, pseudo(ends, protocol));
    }
  }
  return new Uint8Array();
}

function icmpv6Body(flow: Uint8Array, type: number, code: number, payload: Uint8Array): Uint8Array {
  if (code !== 0) return new Uint8Array();
  if (ICMPV6_ECHO.includes(type)) return payload;
  if (type !== ND_SOLICIT && type !== ND_ADVERT) return new Uint8Array();
  const option = (kind: number, at: number): number[] => {
    const address = flow.subarray(at, at + 6);
    return isZero(address) ? [] : [kind, 1, ...address];
  };
  return concat(
    flow.subarray(KEY_ND_TARGET, KEY_ND_TARGET + 16),
    option(SOURCE_LINK_ADDRESS, KEY_ARP_SHA),
    option(TARGET_LINK_ADDRESS, KEY_ARP_THA),
  );
}

interface Pseudo {
  readonly ends: Uint8Array;
  readonly protocol: number;
}

const pseudo = (ends: Uint8Array, protocol: number): Pseudo => ({ ends, protocol });

function withChecksum(message: Uint8Array, at: number, over: Pseudo | undefined): Uint8Array {
  const extra = over === undefined ? [] : concat(over.ends, be16(over.protocol), be16(message.length));
  const sum = checksum(concat(extra, message));
  message.set(be16(sum === 0 && over?.protocol === IP_PROTO_UDP ? 0xffff : sum), at);
  return message;
}

/** RFC 1071 */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
