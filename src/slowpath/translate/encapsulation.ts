/**
 * encap() and decap(): Ethernet headers and MPLS labels in front of the whole packet.
 *
 * What: both change the flow's packet type; the next commit tells the datapath (pop_eth, push_eth, add_mpls, pop_mpls).
 * Invariants: a packet without an Ethernet header leaves by no port and no tunnel (output.ts). What a label covered has not been
 *   parsed: whatever comes after its removal is frozen until the packet has come round.
 * Not handled: NSH.
 */
import { KEY_ETH_DST, KEY_ETH_TYPE, KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import { FLOW_PACKET_TYPE } from "../flow/flow-layout.ts";
import {
  etherTypeIn,
  getPacketType,
  isMplsPacket,
  PACKET_TYPE_ETHERNET,
  packetTypeOf,
  setPacketType,
} from "../flow/packet-type.ts";
import type { TranslationContext } from "./context.ts";
import { clearLabels, commitMpls, isMpls, popLabel, pushMpls } from "./mpls.ts";

const ETH_TYPE_TEB = 0x6558;
const ADDRESS_BYTES = 12;

export function encapsulate(context: TranslationContext, packetType: number): void {
  const { flow } = context;
  // What was done to the packet so far is done to what becomes its inside.
  context.commit();
  const before = getPacketType(flow);
  if (packetType === PACKET_TYPE_ETHERNET) {
    const etherType = etherTypeIn(before);
    if (etherType === undefined) {
      context.report("detail", "Dropping packet as encap(ethernet) is not supported for packet type ethernet.");
      context.fail("unsupported_packet_type");
      return;
    }
    flow[KEY_ETH_TYPE] = etherType >> 8;
    flow[KEY_ETH_TYPE + 1] = etherType & 0xff;
  } else {
    // Labels behind an Ethernet header are part of the inside.
    if (before === PACKET_TYPE_ETHERNET && isMpls(flow)) clearLabels(context);
    pushMpls(context, etherTypeIn(packetType)!);
    context.needs("add_mpls");
    if (context.error) return;
  }
  writePacketType(context, packetType);
  clearAddresses(context);
  context.pending = "encap";
}

export function decapsulate(context: TranslationContext, packetType: number): void {
  const { flow } = context;
  context.commit();
  const before = getPacketType(flow);
  if (before === PACKET_TYPE_ETHERNET) {
    context.wildcards[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
    if (flow[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) {
      context.report("detail", "Dropping packet, cannot decap Ethernet if VLAN is present.");
      context.fail("unsupported_packet_type");
      return;
    }
    context.wildcards.fill(0xff, KEY_ETH_TYPE, KEY_ETH_TYPE + 2);
    writePacketType(context, packetTypeOf((flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1]));
    clearAddresses(context);
  } else if (isMplsPacket(before)) {
    const left = popLabel(context, etherTypeIn(packetType) || ETH_TYPE_TEB);
    if (left === undefined) return;
    context.needs("add_mpls");
    writePacketType(context, packetType);
    context.pending = "decap";
    context.insideUnparsed = left === 0;
  } else {
    context.report(
      "detail",
      `Dropping packet, cannot decap packet type (${before >>> 16},0x${(before & 0xffff).toString(16)})`,
    );
    context.fail("unsupported_packet_type");
  }
}

function writePacketType({ flow, written }: TranslationContext, packetType: number): void {
  setPacketType(flow, packetType);
  written.fill(0xff, FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + 4);
}

/** A packet without an Ethernet header has no addresses. */
function clearAddresses({ flow, written }: TranslationContext): void {
  flow.fill(0, KEY_ETH_DST, KEY_ETH_DST + ADDRESS_BYTES);
  written.fill(0xff, KEY_ETH_DST, KEY_ETH_DST + ADDRESS_BYTES);
}

/** Tells the datapath of a header that came or went. */
export function commitEncapsulation(context: TranslationContext): void {
  const { flow, base, actions, pending } = context;
  context.pending = undefined;
  const packetType = getPacketType(flow);
  const before = getPacketType(base);
  if (pending === "encap") {
    if (packetType === PACKET_TYPE_ETHERNET) {
      const destination = flow.slice(KEY_ETH_DST, KEY_ETH_DST + 6);
      const source = flow.slice(KEY_ETH_DST + 6, KEY_ETH_DST + ADDRESS_BYTES);
      actions.push({ type: "push_eth", destination, source });
    } else {
      commitMpls(context, before === PACKET_TYPE_ETHERNET ? "ethernet" : "network");
    }
  } else if (packetType === before && pending === undefined) {
    return;
  } else if (before === PACKET_TYPE_ETHERNET) {
    actions.push({ type: "pop_eth" });
  } else {
    commitMpls(context);
  }
  setPacketType(base, packetType);
  base.set(flow.subarray(KEY_ETH_DST, KEY_ETH_DST + ADDRESS_BYTES), KEY_ETH_DST);
}
