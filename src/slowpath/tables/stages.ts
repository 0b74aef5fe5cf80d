/**
 * Order in which a lookup looks at a flow: what costs no megaflow bits first, then what most packets share.
 *
 *   0 internal   registers, metadata, conj_id: never part of a megaflow, so a miss here is free
 *   1 metadata   port, conntrack fields, marks, tunnel
 *   2 L2         Ethernet, VLAN, MPLS
 *   3 L3         addresses, protocol, fragments, TTL, ARP, ND target
 *   4 L4         ports, TCP flags, ICMP, ND options
 */
import {
  KEY_ARP_SHA,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_ETH_DST,
  KEY_IPV6_DST,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_SRC,
  KEY_SIZE,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_ID,
  KEY_VLAN_TPID0,
} from "../../../assembly/layout/key.ts";
import { wordsOf } from "../flow/flow.ts";
import { FLOW_SIZE } from "../flow/flow-layout.ts";

export const STAGES = 5;
export const STAGE_L3 = 3;
export const STAGE_L4 = 4;

/** First byte of each run and the stage it belongs to; a run ends where the next begins. */
const runs: readonly (readonly [offset: number, stage: number])[] = [
  [0, 1],
  [KEY_ETH_DST, 2],
  [KEY_NW_FRAG, STAGE_L3],
  [KEY_VLAN_TPID0, 2],
  [KEY_NW_SRC, STAGE_L3],
  [KEY_TCP_FLAGS, STAGE_L4],
  [KEY_CT_LABEL, 1],
  [KEY_ARP_SHA, STAGE_L3],
  [KEY_ND_RESERVED, STAGE_L4],
  [KEY_IPV6_SRC, STAGE_L3],
  [KEY_ND_OPTIONS_TYPE, STAGE_L4],
  [KEY_ND_TARGET, STAGE_L3],
  [KEY_CT_IPV6_SRC, 1],
  [KEY_MPLS_LSE0, 2],
  [KEY_TUN_ID, 1],
  [KEY_SIZE, 0],
];

/** For each stage a flow-sized mask of its bits, as words. */
export const stageMasks: readonly Uint32Array[] = Array.from({ length: STAGES }, (_, stage) => {
  const mask = new Uint8Array(FLOW_SIZE);
  runs.forEach(([offset, of], i) => {
    if (of === stage) mask.fill(0xff, offset, runs[i + 1]?.[0] ?? FLOW_SIZE);
  });
  return wordsOf(mask);
});

/** Fields whose prefixes are tracked bit by bit, so that a miss needs only as many bits as tell the packet apart. */
export interface PrefixField {
  readonly offset: number;
  readonly bytes: number;
  readonly stage: number;
}

export const prefixFields: readonly PrefixField[] = [
  { offset: KEY_NW_SRC, bytes: 4, stage: STAGE_L3 },
  { offset: KEY_NW_DST, bytes: 4, stage: STAGE_L3 },
  { offset: KEY_IPV6_SRC, bytes: 16, stage: STAGE_L3 },
  { offset: KEY_IPV6_DST, bytes: 16, stage: STAGE_L3 },
  { offset: KEY_TP_SRC, bytes: 2, stage: STAGE_L4 },
  { offset: KEY_TP_DST, bytes: 2, stage: STAGE_L4 },
];
