/** multipath's (and bundle's) field sets, hashed and marked as looked at, and its ways from a hash to a link. */
import {
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_ETH_TYPE,
  KEY_IPV6_DST,
  KEY_IPV6_SRC,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_VLAN_TCI0,
  KEY_VLAN_TCI1,
} from "../../../assembly/layout/key.ts";
import type { ActionOf } from "../actions/definition.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6, IP_PROTO_SCTP, IP_PROTO_TCP, IP_PROTO_UDP } from "../flow/prerequisites.ts";
import type { TranslationContext } from "./context.ts";
import { hash2Words, hashAdd, hashFinish, jenkinsHash } from "./flow-hash.ts";

type FieldHash = (context: TranslationContext, basis: number) => number;

const VID_AND_PRESENT = 0x1f;

function etherType({ flow }: TranslationContext): number {
  return (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
}

/** The bytes at `from`, marked as looked at. */
function look(context: TranslationContext, from: number, bytes: number): Uint8Array {
  context.wildcards.fill(0xff, from, from + bytes);
  return context.flow.subarray(from, from + bytes);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]);
}

/** VLAN identifiers of both tags, one over the other. */
function vlanIds(context: TranslationContext): Uint8Array {
  const { flow, wildcards } = context;
  for (const at of [KEY_VLAN_TCI0, KEY_VLAN_TCI1]) {
    wildcards[at] |= VID_AND_PRESENT;
    wildcards[at + 1] = 0xff;
  }
  return Uint8Array.of(
    (flow[KEY_VLAN_TCI0] ^ flow[KEY_VLAN_TCI1]) & 0xf,
    flow[KEY_VLAN_TCI0 + 1] ^ flow[KEY_VLAN_TCI1 + 1],
  );
}

/** Both addresses of an IP packet, one over the other; empty for others. */
function addresses(context: TranslationContext): Uint8Array {
  const type = etherType(context);
  if (type === ETH_TYPE_IP) return xor(look(context, KEY_NW_SRC, 4), look(context, KEY_NW_DST, 4));
  if (type === ETH_TYPE_IPV6) return xor(look(context, KEY_IPV6_SRC, 16), look(context, KEY_IPV6_DST, 16));
  return new Uint8Array();
}

function ports(context: TranslationContext): Uint8Array {
  return xor(look(context, KEY_TP_SRC, 2), look(context, KEY_TP_DST, 2));
}

function isPorted(protocol: number, withUdp: boolean): boolean {
  return protocol === IP_PROTO_TCP || protocol === IP_PROTO_SCTP || (withUdp && protocol === IP_PROTO_UDP);
}

/** UDP ports are left out: the two directions of a UDP exchange need not use the same ones. */
const symmetricL4: FieldHash = (context, basis) => {
  const address = addresses(context);
  const ip = address.length > 0;
  const protocol = ip ? look(context, KEY_NW_PROTO, 1)[0] : 0;
  const bytes = new Uint8Array(32);
  bytes.set(address);
  bytes.set(context.flow.subarray(KEY_ETH_TYPE, KEY_ETH_TYPE + 2), 16);
  bytes.set(vlanIds(context), 18);
  if (ip && isPorted(protocol, false)) bytes.set(ports(context), 20);
  bytes.set(xor(look(context, KEY_ETH_SRC, 6), look(context, KEY_ETH_DST, 6)), 22);
  bytes[28] = protocol;
  return jenkinsHash(bytes, basis);
};

const symmetricL2: FieldHash = (context, basis) => {
  const bytes = new Uint8Array(12);
  bytes.set(context.flow.subarray(KEY_ETH_TYPE, KEY_ETH_TYPE + 2));
  bytes.set(vlanIds(context), 2);
  bytes.set(xor(look(context, KEY_ETH_SRC, 6), look(context, KEY_ETH_DST, 6)), 4);
  const words = new DataView(bytes.buffer);
  let hash = basis;
  for (let i = 0; i < 12; i += 4) hash = hashAdd(hash, words.getInt32(i, true));
  return hashFinish(hash, basis);
};

/** Every packet of a new connection comes by here: no arrays. */
function symmetricL3L4(withUdp: boolean): FieldHash {
  return (context, basis) => {
    const { flow, wildcards } = context;
    const type = etherType(context);
    if (type !== ETH_TYPE_IP && type !== ETH_TYPE_IPV6) return symmetricL2(context, basis);
    const source = type === ETH_TYPE_IP ? KEY_NW_SRC : KEY_IPV6_SRC;
    const destination = type === ETH_TYPE_IP ? KEY_NW_DST : KEY_IPV6_DST;
    const bytes = type === ETH_TYPE_IP ? 4 : 16;
    wildcards.fill(0xff, source, source + bytes);
    wildcards.fill(0xff, destination, destination + bytes);
    let hash = basis;
    for (let i = 0; i < bytes; i += 4) {
      hash = hashAdd(hash, littleEndian32(flow, source + i) ^ littleEndian32(flow, destination + i));
    }
    wildcards[KEY_NW_PROTO] = 0xff;
    const protocol = flow[KEY_NW_PROTO];
    hash = hashAdd(hash, protocol);
    if (flow[KEY_NW_FRAG] === 0 && isPorted(protocol, withUdp)) {
      wildcards.fill(0xff, KEY_TP_SRC, KEY_TP_DST + 2);
      const low = flow[KEY_TP_SRC] ^ flow[KEY_TP_DST];
      hash = hashAdd(hash, low | ((flow[KEY_TP_SRC + 1] ^ flow[KEY_TP_DST + 1]) << 8));
    }
    return hashFinish(hash, basis);
  };
}

function littleEndian32(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

const symmetricL3: FieldHash = (context, basis) => {
  const bytes = new Uint8Array(20);
  bytes.set(addresses(context));
  bytes.set(context.flow.subarray(KEY_ETH_TYPE, KEY_ETH_TYPE + 2), 16);
  return jenkinsHash(bytes, basis);
};

function oneAddress(ipv4: number, ipv6: number): FieldHash {
  return (context, basis) => {
    const type = etherType(context);
    if (type === ETH_TYPE_IP) return jenkinsHash(look(context, ipv4, 4), basis);
    if (type === ETH_TYPE_IPV6) return jenkinsHash(look(context, ipv6, 16), basis);
    return basis;
  };
}

/** By their names in text. Each marks what it looks at. */
export const hashFieldSets: ReadonlyMap<string, FieldHash> = new Map<string, FieldHash>([
  ["eth_src", (context, basis) => jenkinsHash(look(context, KEY_ETH_SRC, 6), basis)],
  ["symmetric_l4", symmetricL4],
  ["symmetric_l3l4", symmetricL3L4(false)],
  ["symmetric_l3l4+udp", symmetricL3L4(true)],
  ["nw_src", oneAddress(KEY_NW_SRC, KEY_IPV6_SRC)],
  ["nw_dst", oneAddress(KEY_NW_DST, KEY_IPV6_DST)],
  ["symmetric_l3", symmetricL3],
]);

/** More links than this and highest random weight gives way to repeated hashing. */
const MAX_HRW_LINKS = 64;

function highestRandomWeight(hash: number, links: number): number {
  let best = 0;
  let bestWeight = hash2Words(hash, 0);
  for (let link = 1; link < links; link++) {
    const weight = hash2Words(hash, link);
    if (weight > bestWeight) {
      best = link;
      bestWeight = weight;
    }
  }
  return best;
}

function repeatedHash(hash: number, links: number, arg: number): number {
  const modulo = arg < links || arg / 2 > links ? 2 ** Math.ceil(Math.log2(links)) : arg;
  for (let i = 0; ; i++) {
    const link = hash2Words(hash, i) % modulo;
    if (link < links) return link;
  }
}

export function chooseLink(context: TranslationContext, action: ActionOf<"multipath">): number {
  const { fields, basis, algorithm, links, arg } = action;
  const hash = hashFieldSets.get(fields)!(context, basis) >>> 0;
  switch (algorithm) {
    case "modulo_n":
      return hash % links;
    case "hash_threshold":
      return links === 1 ? 0 : Math.floor(hash / (Math.floor(0xffff_ffff / links) + 1));
    case "hrw":
      return links <= MAX_HRW_LINKS ? highestRandomWeight(hash, links) : repeatedHash(hash, links, 0);
    default:
      return repeatedHash(hash, links, arg);
  }
}
