/** Random packets as flows: only such as the parser can make (no ports without a transport header, no tag without its TPID …). */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_STATE,
  KEY_CT_ZONE,
  KEY_DP_HASH,
  KEY_ETH_DST,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_PKT_MARK,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  KEY_VLAN_TCI1,
  KEY_VLAN_TPID0,
  KEY_VLAN_TPID1,
  NW_FRAG_ANY,
  NW_FRAG_LATER,
} from "../../../assembly/layout/key.ts";
import { createFlow } from "../../../src/slowpath/flow/flow.ts";
import { FLOW_ACTSET_OUTPUT } from "../../../src/slowpath/flow/flow-layout.ts";

export const TUNNEL_PORT = 5;
export const PATCH_PORT = 6;

export type Random = () => number;

/** Numbers 0…2³²-1, the same for the same seed. */
export function random(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

export function pick<T>(next: Random, choices: readonly T[]): T {
  return choices[next() % choices.length];
}

const u16 = (flow: Uint8Array, at: number): number => (flow[at] << 8) | flow[at + 1];

function put16(flow: Uint8Array, at: number, value: number): void {
  flow[at] = value >> 8;
  flow[at + 1] = value & 0xff;
}

/** Few values for each field, so that rules and packets meet: mostly small numbers, sometimes any byte. */
function scatter(next: Random, flow: Uint8Array, from: number, bytes: number): void {
  const base = next() & 3;
  for (let i = 0; i < bytes; i++) {
    flow[from + i] = i === bytes - 1 ? next() & 3 : next() % 8 === 0 ? next() & 0xff : base === 3 ? 0xff : base;
  }
}

const etherTypes = [0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8847, 0x1234];
const protocols4 = [6, 6, 17, 1, 132, 47];
const protocols6 = [6, 17, 58, 58, 132, 47];

/** What a recirculation id says of the packets that have it. */
export interface Pass {
  readonly id: number;
  readonly hashed: boolean;
}

export const firstPass: Pass = { id: 0, hashed: false };

/** Zeroes what a packet of this kind does not have. The result is what the parser would have made of it. */
export function normalise(flow: Uint8Array, pass: Pass): void {
  new DataView(flow.buffer).setUint32(KEY_RECIRC_ID, pass.id);
  if (!pass.hashed) flow.fill(0, KEY_DP_HASH, KEY_DP_HASH + 4);
  else if (flow.subarray(KEY_DP_HASH, KEY_DP_HASH + 4).every((byte) => byte === 0)) flow[KEY_DP_HASH + 3] = 1;
  if (pass.id === 0) {
    put16(flow, KEY_CT_STATE, 0);
    flow.fill(0, KEY_PKT_MARK, KEY_PKT_MARK + 4);
  }
  normaliseTags(flow);
  const type = u16(flow, KEY_ETH_TYPE);
  const ipv4 = type === 0x0800;
  const ipv6 = type === 0x86dd;
  const arp = type === 0x0806;
  if (type !== 0x8847) flow.fill(0, KEY_MPLS_LSE0, KEY_TUN_ID);
  else normaliseLabels(flow);
  if (!ipv4 && !ipv6) flow[KEY_NW_FRAG] = 0;
  if (flow[KEY_NW_FRAG] & NW_FRAG_LATER) flow[KEY_NW_FRAG] |= NW_FRAG_ANY;
  flow[KEY_NW_FRAG] &= NW_FRAG_ANY | NW_FRAG_LATER;
  if (!ipv4 && !ipv6 && !arp) flow[KEY_NW_PROTO] = 0;
  if (!ipv4 && !arp) flow.fill(0, KEY_NW_SRC, KEY_NW_DST + 4);
  if (!ipv4 && !ipv6) flow.fill(0, KEY_NW_TOS, KEY_NW_TTL + 1);
  if (!ipv6) flow.fill(0, KEY_IPV6_SRC, KEY_IPV6_LABEL + 4);
  flow[KEY_IPV6_LABEL] = 0;
  flow[KEY_IPV6_LABEL + 1] &= 0x0f;
  normaliseTransport(flow, ipv4, ipv6);
  normaliseDiscovery(flow, arp, ipv6);
  normaliseContext(flow, ipv4, ipv6);
}

function normaliseTags(flow: Uint8Array): void {
  for (const [tpid, tci] of [
    [KEY_VLAN_TPID0, KEY_VLAN_TCI0],
    [KEY_VLAN_TPID1, KEY_VLAN_TCI1],
  ]) {
    const outer = tpid === KEY_VLAN_TPID0 || u16(flow, KEY_VLAN_TCI0) !== 0;
    if (!(flow[tci] & 0x10) || !outer) flow.fill(0, tpid, tci + 2);
    else put16(flow, tpid, u16(flow, tpid) === 0x88a8 ? 0x88a8 : 0x8100);
  }
}

function normaliseLabels(flow: Uint8Array): void {
  for (let label = 0; label < 3; label++) {
    if (flow[KEY_MPLS_LSE0 + 4 * label + 2] & 1) {
      flow.fill(0, KEY_MPLS_LSE0 + 4 * label + 4, KEY_TUN_ID);
      return;
    }
  }
}

function normaliseTransport(flow: Uint8Array, ipv4: boolean, ipv6: boolean): void {
  const protocol = flow[KEY_NW_PROTO];
  const icmp = (ipv4 && protocol === 1) || (ipv6 && protocol === 58);
  const ported = (ipv4 || ipv6) && [6, 17, 132].includes(protocol);
  if (flow[KEY_NW_FRAG] & NW_FRAG_LATER || !(icmp || ported)) flow.fill(0, KEY_TP_SRC, KEY_TP_DST + 2);
  if (icmp) {
    flow[KEY_TP_SRC] = 0;
    flow[KEY_TP_DST] = 0;
  }
  flow[KEY_TCP_FLAGS] &= 0x0f;
  if (!(ipv4 || ipv6) || protocol !== 6 || flow[KEY_NW_FRAG] & NW_FRAG_LATER) put16(flow, KEY_TCP_FLAGS, 0);
}

function normaliseDiscovery(flow: Uint8Array, arp: boolean, ipv6: boolean): void {
  const type = u16(flow, KEY_TP_SRC);
  const icmp6 = ipv6 && flow[KEY_NW_PROTO] === 58;
  const nd = icmp6 && (type === 135 || type === 136) && u16(flow, KEY_TP_DST) === 0;
  if (!arp && !nd) flow.fill(0, KEY_ARP_SHA, KEY_ARP_THA + 6);
  if (!nd) {
    flow.fill(0, KEY_ND_RESERVED, KEY_ND_RESERVED + 4);
    flow.fill(0, KEY_ND_TARGET, KEY_ND_TARGET + 16);
    flow[KEY_ND_OPTIONS_TYPE] = 0;
  }
}

function normaliseContext(flow: Uint8Array, ipv4: boolean, ipv6: boolean): void {
  if (u16(flow, KEY_IN_PORT + 2) !== TUNNEL_PORT) flow.fill(0, KEY_TUN_ID, KEY_SIZE);
  if (!(flow[KEY_CT_STATE + 1] & 0x20) || !(ipv4 || ipv6)) {
    put16(flow, KEY_CT_STATE, 0);
    put16(flow, KEY_CT_ZONE, 0);
    flow.fill(0, KEY_CT_MARK, KEY_CT_MARK + 4);
    flow.fill(0, KEY_CT_LABEL, KEY_CT_NW_PROTO + 1);
    flow.fill(0, KEY_CT_IPV6_SRC, KEY_CT_IPV6_DST + 16);
  }
  if (flow[KEY_CT_NW_PROTO] === 0) flow.fill(0, KEY_CT_NW_SRC, KEY_CT_NW_PROTO);
  if (!ipv4) flow.fill(0, KEY_CT_NW_SRC, KEY_CT_NW_SRC + 8);
  if (!ipv6 || flow[KEY_CT_NW_PROTO] === 0) flow.fill(0, KEY_CT_IPV6_SRC, KEY_CT_IPV6_DST + 16);
}

export function randomPacket(next: Random, pass: Pass): Uint8Array {
  const flow = createFlow();
  put16(flow, KEY_IN_PORT + 2, 1 + (next() % TUNNEL_PORT));
  put16(flow, FLOW_ACTSET_OUTPUT + 2, 0xfff7);
  scatter(next, flow, KEY_ETH_DST, 6);
  scatter(next, flow, KEY_ETH_DST + 6, 6);
  const type = pick(next, etherTypes);
  put16(flow, KEY_ETH_TYPE, type);
  if (next() % 3 === 0) put16(flow, KEY_VLAN_TCI0, 0x1000 | ((next() & 7) << 13) | (next() & 3));
  if (next() % 6 === 0) put16(flow, KEY_VLAN_TCI1, 0x1000 | (next() & 3));
  if (next() % 8 === 0) put16(flow, KEY_VLAN_TPID0, 0x88a8);
  if (next() % 8 === 0) flow[KEY_NW_FRAG] = pick(next, [1, 3]);
  flow[KEY_NW_PROTO] = type === 0x0806 ? 1 + (next() & 1) : pick(next, type === 0x86dd ? protocols6 : protocols4);
  scatter(next, flow, KEY_NW_SRC, 4);
  scatter(next, flow, KEY_NW_DST, 4);
  scatter(next, flow, KEY_IPV6_SRC, 16);
  scatter(next, flow, KEY_IPV6_DST, 16);
  flow[KEY_NW_TOS] = next() & 0xff;
  flow[KEY_NW_TTL] = pick(next, [0, 1, 2, 64, 255]);
  put16(flow, KEY_TCP_FLAGS, next() & 0x17);
  scatter(next, flow, KEY_TP_SRC, 2);
  scatter(next, flow, KEY_TP_DST, 2);
  if (flow[KEY_NW_PROTO] === 58 && next() & 1) {
    put16(flow, KEY_TP_SRC, 135 + (next() & 1));
    put16(flow, KEY_TP_DST, 0);
  }
  scatter(next, flow, KEY_ARP_SHA, 12);
  scatter(next, flow, KEY_ND_TARGET, 16);
  for (let label = 0; label < 3; label++) {
    scatter(next, flow, KEY_MPLS_LSE0 + 4 * label, 2);
    flow[KEY_MPLS_LSE0 + 4 * label + 2] = next() & 3;
    flow[KEY_MPLS_LSE0 + 4 * label + 3] = pick(next, [1, 2, 64]);
  }
  scatter(next, flow, KEY_TUN_ID, 8);
  scatter(next, flow, KEY_TUN_ID + 8, 8);
  flow[KEY_TUN_ID + 15] |= 1;
  if (pass.id !== 0) randomContext(next, flow);
  normalise(flow, pass);
  return flow;
}

/** What only a packet that has been through the datapath once can have. */
function randomContext(next: Random, flow: Uint8Array): void {
  const view = new DataView(flow.buffer);
  view.setUint32(KEY_DP_HASH, next());
  view.setUint32(KEY_PKT_MARK, next() & 3);
  put16(flow, KEY_CT_STATE, next() & 1 ? 0x20 | (next() & 0xdf) : 0);
  put16(flow, KEY_CT_ZONE, next() & 3);
  view.setUint32(KEY_CT_MARK, next() & 3);
  scatter(next, flow, KEY_CT_LABEL, 16);
  flow[KEY_CT_NW_PROTO] = next() & 1 ? flow[KEY_NW_PROTO] : 0;
  scatter(next, flow, KEY_CT_NW_SRC, 12);
  scatter(next, flow, KEY_CT_IPV6_SRC, 32);
}

/**
 * Another packet that agrees with `packet` on the mask (KEY_SIZE bytes): a mixture of it and a random one.
 * undefined: chance made one that no parser can make.
 */
export function coveredPacket(next: Random, packet: Uint8Array, mask: Uint8Array, pass: Pass): Uint8Array | undefined {
  const other = randomPacket(next, pass);
  const share = next() % 4;
  for (let i = 0; i < KEY_SIZE; i++) {
    // Whole fields rather than bytes: 0 takes all of the other packet, 3 almost nothing.
    const byte =
      share > 0 && next() % (share * 4) !== 0 ? packet[i] : other[i] ^ (next() % 16 === 0 ? 1 << (next() & 7) : 0);
    other[i] = (byte & ~mask[i]) | (packet[i] & mask[i]);
  }
  normalise(other, pass);
  for (let i = 0; i < KEY_SIZE; i++) if ((other[i] ^ packet[i]) & mask[i]) return undefined;
  return other;
}
