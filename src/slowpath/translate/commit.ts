/**
 * What: turns the difference between the flow as the pipeline wants it and as the datapath has it (`base`) into set, push and
 *   pop actions, just before an action that sees the packet.
 * Invariants: afterwards base equals flow in everything the datapath can show. A `set` carries the bits that the pipeline wrote
 *   of the fields that differ. (OVS adds those it looked at; but which bits a lookup needs may differ between two packets of
 *   one megaflow.) Values are zero outside their mask.
 * Cost: one comparison of the packet part of two flows when nothing changed.
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
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_PKT_MARK,
  KEY_SKB_PRIORITY,
  KEY_TP_DST,
  KEY_TP_SRC,
} from "../../../assembly/layout/key.ts";
import type { SetTarget } from "../../fastpath/datapath-action.ts";
import { getPacketType, PACKET_TYPE_ETHERNET } from "../flow/packet-type.ts";
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
} from "../flow/prerequisites.ts";
import type { TranslationContext } from "./context.ts";
import { commitEncapsulation } from "./encapsulation.ts";
import { commitMpls, isMpls } from "./mpls.ts";
import { commitVlan } from "./vlan.ts";

/** Key offset, bytes, offset in the set action's value (assembly/layout/program.ts, OP_SET_*). */
type Part = readonly [key: number, bytes: number, value: number];

interface Target {
  readonly target: SetTarget;
  readonly size: number;
  readonly parts: readonly Part[];
  /** Written as a whole or not at all, as OVS does for ICMP. */
  readonly whole?: boolean;
}

const ethernet: Target = {
  target: "ethernet",
  size: 12,
  parts: [
    [KEY_ETH_DST, 6, 0],
    [KEY_ETH_SRC, 6, 6],
  ],
};
const ipv4: Target = {
  target: "ipv4",
  size: 12,
  parts: [
    [KEY_NW_SRC, 4, 0],
    [KEY_NW_DST, 4, 4],
    [KEY_NW_TOS, 1, 8],
    [KEY_NW_TTL, 1, 9],
  ],
};
const ipv6: Target = {
  target: "ipv6",
  size: 40,
  parts: [
    [KEY_IPV6_SRC, 16, 0],
    [KEY_IPV6_DST, 16, 16],
    [KEY_IPV6_LABEL, 4, 32],
    [KEY_NW_TOS, 1, 36],
    [KEY_NW_TTL, 1, 37],
  ],
};
const arp: Target = {
  target: "arp",
  size: 24,
  parts: [
    [KEY_NW_SRC, 4, 0],
    [KEY_NW_DST, 4, 4],
    [KEY_ARP_SHA, 6, 8],
    [KEY_ARP_THA, 6, 14],
    [KEY_NW_PROTO, 1, 21],
  ],
};
const nd: Target = {
  target: "nd",
  size: 36,
  parts: [
    [KEY_ND_TARGET, 16, 0],
    [KEY_ARP_SHA, 6, 16],
    [KEY_ARP_THA, 6, 22],
    [KEY_ND_RESERVED, 4, 28],
    [KEY_ND_OPTIONS_TYPE, 1, 32],
  ],
};
const transport: Target = {
  target: "transport",
  size: 4,
  parts: [
    [KEY_TP_SRC, 2, 0],
    [KEY_TP_DST, 2, 2],
  ],
};
const icmp: Target = {
  target: "icmp",
  size: 4,
  whole: true,
  parts: [
    [KEY_TP_SRC + 1, 1, 0],
    [KEY_TP_DST + 1, 1, 1],
  ],
};
const priority: Target = { target: "metadata", size: 8, parts: [[KEY_SKB_PRIORITY, 4, 0]] };
const mark: Target = { target: "metadata", size: 8, parts: [[KEY_PKT_MARK, 4, 4]] };
/** Offset of the ARP opcode's high byte, which the flow does not hold: an exact low byte writes both. */
const ARP_OPCODE = 20;

function differs(flow: Uint8Array, base: Uint8Array, part: Part): boolean {
  const [key, bytes] = part;
  for (let i = key; i < key + bytes; i++) if (flow[i] !== base[i]) return true;
  return false;
}

function commitTarget(context: TranslationContext, layout: Target): void {
  const { flow, base, wildcards, written } = context;
  const { parts } = layout;
  let changed = false;
  for (let i = 0; i < parts.length && !changed; i++) changed = differs(flow, base, parts[i]);
  if (!changed) return;
  const value = new Uint8Array(layout.size);
  const mask = new Uint8Array(layout.size);
  for (const part of parts) {
    if (!layout.whole && !differs(flow, base, part)) continue;
    const [key, bytes, at] = part;
    for (let i = 0; i < bytes; i++) {
      const bits = layout.whole ? 0xff : written[key + i];
      wildcards[key + i] |= bits;
      mask[at + i] = bits;
      value[at + i] = flow[key + i] & bits;
      base[key + i] = flow[key + i];
    }
  }
  if (layout === arp && mask[ARP_OPCODE + 1] === 0xff) mask[ARP_OPCODE] = 0xff;
  context.actions.push({ type: "set", target: layout.target, value, mask });
}

function commitNetwork(context: TranslationContext): void {
  const { base, flow } = context;
  // Behind a label there is nothing to set, nor when the last one has gone and nobody has parsed what it covered.
  if (isMpls(flow) || context.wasMpls || context.insideUnparsed) return;
  // Nor where the parser has not found a whole network header.
  if (flow[KEY_NW_PROTO] === 0) return;
  const etherType = (base[KEY_ETH_TYPE] << 8) | base[KEY_ETH_TYPE + 1];
  if (etherType === ETH_TYPE_ARP || etherType === ETH_TYPE_RARP) {
    commitTarget(context, arp);
    return;
  }
  if (etherType !== ETH_TYPE_IP && etherType !== ETH_TYPE_IPV6) return;
  commitTarget(context, etherType === ETH_TYPE_IP ? ipv4 : ipv6);
  const protocol = base[KEY_NW_PROTO];
  if (protocol === IP_PROTO_TCP || protocol === IP_PROTO_UDP || protocol === IP_PROTO_SCTP) {
    commitTarget(context, transport);
  } else if (protocol === (etherType === ETH_TYPE_IP ? IP_PROTO_ICMP : IP_PROTO_ICMPV6)) {
    if (etherType === ETH_TYPE_IPV6) commitTarget(context, nd);
    commitTarget(context, icmp);
  }
}

/** Makes the datapath's packet what the flow says. */
export function commitChanges(context: TranslationContext): void {
  const { flow, base } = context;
  commitEncapsulation(context);
  // Without a header there are no addresses.
  if (getPacketType(flow) === PACKET_TYPE_ETHERNET) commitTarget(context, ethernet);
  const leavesMpls = isMpls(base) && !isMpls(flow);
  if (leavesMpls) commitMpls(context);
  commitNetwork(context);
  if (!leavesMpls) commitMpls(context);
  commitVlan(context);
  commitTarget(context, priority);
  commitTarget(context, mark);
}
