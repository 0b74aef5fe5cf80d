/** The match that describes one packet: what it has is exact, what it cannot have is open; contexts of zero are left out. */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
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
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_TARGET,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_PKT_MARK,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_SKB_PRIORITY,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
  KEY_VLAN_TPID1,
  NW_FRAG_ANY,
  NW_FRAG_LATER,
} from "../../../assembly/layout/key.ts";
import { FLOW_CONJ_ID, FLOW_PACKET_TYPE, FLOW_REGS } from "../flow/flow-layout.ts";
import { createMatch } from "../flow/match.ts";
import {
  ETH_TYPE_ARP,
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_RARP,
  IP_PROTO_ICMP,
  IP_PROTO_ICMPV6,
  IP_PROTO_SCTP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  ND_ADVERT,
  ND_SOLICIT,
} from "../flow/prerequisites.ts";
import type { Match } from "../tables/rule.ts";
import { isMpls } from "./mpls.ts";
import { cameByTunnel } from "./tunnel.ts";

const ported = [IP_PROTO_ICMP, IP_PROTO_ICMPV6, IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_SCTP];

/** Shown only when they say something. */
const contexts: readonly (readonly [from: number, bytes: number])[] = [
  [KEY_RECIRC_ID, 4],
  [KEY_IN_PORT, 4],
  [KEY_DP_HASH, 4],
  [KEY_CT_MARK, 4],
  [KEY_CT_STATE, 2],
  [KEY_CT_ZONE, 2],
  [KEY_PKT_MARK, 4],
  [KEY_CT_LABEL, 16],
  [KEY_SKB_PRIORITY, 4],
  [KEY_CT_NW_PROTO, 1],
];

class Describer {
  readonly match: Match = createMatch();
  readonly #flow: Uint8Array;

  constructor(flow: Uint8Array) {
    this.#flow = flow;
  }

  show(from: number, to: number): void {
    this.match.mask.fill(0xff, from, to);
    this.match.value.set(this.#flow.subarray(from, to), from);
  }

  showUnlessZero(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (this.#flow[i] === 0) continue;
      this.show(from, to);
      return;
    }
  }
}

function describeContext(to: Describer, flow: Uint8Array): void {
  for (const [from, bytes] of contexts) to.showUnlessZero(from, from + bytes);
  for (let at = FLOW_REGS; at < FLOW_CONJ_ID - 8; at += 4) to.showUnlessZero(at, at + 4);
  to.showUnlessZero(FLOW_CONJ_ID - 8, FLOW_CONJ_ID);
  if (cameByTunnel(flow)) to.show(KEY_TUN_ID, KEY_SIZE);
  else to.showUnlessZero(KEY_TUN_ID, KEY_TUN_ID + 8);
  to.show(FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + 4);
}

function describeLinkLayer(to: Describer, flow: Uint8Array): void {
  to.show(KEY_ETH_DST, KEY_ETH_TYPE + 2);
  to.show(KEY_VLAN_TPID0, KEY_VLAN_TPID1);
  if (flow[KEY_VLAN_TCI0] !== 0 || flow[KEY_VLAN_TCI0 + 1] !== 0) to.show(KEY_VLAN_TPID1, KEY_VLAN_TPID1 + 4);
}

function isNeighbourDiscovery(flow: Uint8Array): boolean {
  const type = flow[KEY_TP_SRC + 1];
  return (
    flow[KEY_NW_PROTO] === IP_PROTO_ICMPV6 && flow[KEY_TP_DST + 1] === 0 && (type === ND_SOLICIT || type === ND_ADVERT)
  );
}

function describeIp(to: Describer, flow: Uint8Array, etherType: number): void {
  if (etherType === ETH_TYPE_IP) {
    to.show(KEY_NW_SRC, KEY_NW_SRC + 8);
    if (flow[KEY_CT_NW_PROTO]) to.show(KEY_CT_NW_SRC, KEY_CT_NW_PROTO);
  } else {
    to.show(KEY_IPV6_SRC, KEY_IPV6_LABEL + 4);
    if (isNeighbourDiscovery(flow)) {
      to.show(KEY_ARP_SHA, KEY_ARP_THA + 6);
      to.show(KEY_ND_TARGET, KEY_ND_TARGET + 16);
    } else if (flow[KEY_CT_NW_PROTO]) {
      to.show(KEY_CT_IPV6_SRC, KEY_SKB_PRIORITY);
    }
  }
  to.show(KEY_NW_PROTO, KEY_NW_PROTO + 1);
  to.show(KEY_NW_TOS, KEY_NW_TTL + 1);
  to.match.mask[KEY_NW_FRAG] = NW_FRAG_ANY | NW_FRAG_LATER;
  to.match.value[KEY_NW_FRAG] = flow[KEY_NW_FRAG];
  if (flow[KEY_NW_FRAG] & NW_FRAG_LATER || !ported.includes(flow[KEY_NW_PROTO])) return;
  to.show(KEY_TP_SRC, KEY_TP_DST + 2);
  if (flow[KEY_NW_PROTO] === IP_PROTO_TCP) to.show(KEY_TCP_FLAGS, KEY_TCP_FLAGS + 2);
}

/** For `formatMatch`: "Flow:" and "Final flow:" of traces, packet-ins. */
export function matchOfFlow(flow: Uint8Array): Match {
  const to = new Describer(flow);
  describeContext(to, flow);
  describeLinkLayer(to, flow);
  const etherType = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
  if (etherType === ETH_TYPE_IP || etherType === ETH_TYPE_IPV6) {
    describeIp(to, flow, etherType);
  } else if (etherType === ETH_TYPE_ARP || etherType === ETH_TYPE_RARP) {
    to.show(KEY_NW_SRC, KEY_NW_SRC + 8);
    to.show(KEY_NW_PROTO, KEY_NW_PROTO + 1);
    to.show(KEY_ARP_SHA, KEY_ARP_THA + 6);
  } else if (isMpls(flow)) {
    to.show(KEY_MPLS_LSE0, KEY_MPLS_LSE0 + 4);
  }
  return to.match;
}
