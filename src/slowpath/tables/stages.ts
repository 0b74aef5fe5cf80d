/**
 * Order in which a lookup looks at a flow: what most packets share first. A miss in one stage leaves the later ones wild.
 *
 *   0 metadata   registers, metadata, conj_id, port, conntrack state, marks, tunnel
 *   1 L2         Ethernet, VLAN, MPLS
 *   2 L3         addresses, also of the original direction, protocol, fragments, TTL
 *   3 L4         ports, TCP flags, ICMP, the rest of ARP and ND
 *
 * The stages and the prefix fields are those of Open vSwitch 3.1, whose megaflows ours are to equal, bit by bit: people read
 * them, and its tests do. Registers in a stage of their own would make some megaflows wider.
 */
import {
  KEY_ARP_SHA,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_TP_SRC,
  KEY_ETH_DST,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_SRC,
  KEY_SKB_PRIORITY,
  KEY_TCP_FLAGS,
  KEY_TUN_ID,
  KEY_VLAN_TPID0,
} from "../../../assembly/layout/key.ts";
import { wordsOf } from "../flow/flow.ts";
import { FLOW_SIZE } from "../flow/flow-layout.ts";

export const STAGES = 4;
export const STAGE_L3 = 2;

/** First byte of each run and the stage it belongs to; a run ends where the next begins. */
const runs: readonly (readonly [offset: number, stage: number])[] = [
  [0, 0],
  [KEY_ETH_DST, 1],
  [KEY_NW_FRAG, STAGE_L3],
  [KEY_VLAN_TPID0, 1],
  [KEY_NW_SRC, STAGE_L3],
  [KEY_TCP_FLAGS, 3],
  [KEY_CT_LABEL, 0],
  [KEY_CT_NW_SRC, STAGE_L3],
  [KEY_CT_TP_SRC, 3],
  [KEY_CT_NW_PROTO, 0],
  [KEY_ARP_SHA, 3],
  [KEY_IPV6_SRC, STAGE_L3],
  [KEY_ND_OPTIONS_TYPE, 3],
  [KEY_CT_IPV6_SRC, STAGE_L3],
  [KEY_SKB_PRIORITY, 0],
  [KEY_MPLS_LSE0, 1],
  [KEY_TUN_ID, 0],
];

/** For each stage a flow-sized mask of its bits, as words. */
export const stageMasks: readonly Uint32Array[] = Array.from({ length: STAGES }, (_, stage) => {
  const mask = new Uint8Array(FLOW_SIZE);
  runs.forEach(([offset, of], i) => {
    if (of === stage) mask.fill(0xff, offset, runs[i + 1]?.[0] ?? FLOW_SIZE);
  });
  return wordsOf(mask);
});

/**
 * An address of which a miss needs only as many leading bits as tell the packet from all prefixes of the table. The packet is
 * IPv4: the same bytes are ARP's addresses, of which a lookup tells nothing apart.
 */
export interface PrefixField {
  readonly offset: number;
  readonly bytes: 4;
}

export const prefixFields: readonly PrefixField[] = [
  { offset: KEY_NW_DST, bytes: 4 },
  { offset: KEY_NW_SRC, bytes: 4 },
];
