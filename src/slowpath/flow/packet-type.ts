/** Packet types (OpenFlow 1.5, packet_type): what a packet begins with. Namespace in the high half, type in the low one. */
import { FLOW_PACKET_TYPE } from "./flow-layout.ts";
import { ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST } from "./prerequisites.ts";

export const PACKET_TYPE_ETHERNET = 0;
/** What follows the header that is taken off says what it is. */
export const PACKET_TYPE_NEXT = 0xfffe;
/** Of the namespace whose types are Ethernet types: no Ethernet header in front. */
const ETHERTYPE = 1;

export const packetTypeOf = (etherType: number): number => (ETHERTYPE << 16) | etherType;
export const PACKET_TYPE_MPLS = packetTypeOf(ETH_TYPE_MPLS);
export const PACKET_TYPE_MPLS_MULTICAST = packetTypeOf(ETH_TYPE_MPLS_MULTICAST);

/** The Ethernet type behind a packet type; undefined: it is none of that namespace. */
export function etherTypeIn(packetType: number): number | undefined {
  return packetType >>> 16 === ETHERTYPE ? packetType & 0xffff : undefined;
}

export function isMplsPacket(packetType: number): boolean {
  return packetType === PACKET_TYPE_MPLS || packetType === PACKET_TYPE_MPLS_MULTICAST;
}

export function getPacketType(flow: Uint8Array): number {
  const at = FLOW_PACKET_TYPE;
  return ((flow[at] << 24) | (flow[at + 1] << 16) | (flow[at + 2] << 8) | flow[at + 3]) >>> 0;
}

export function setPacketType(flow: Uint8Array, packetType: number): void {
  for (let i = 0; i < 4; i++) flow[FLOW_PACKET_TYPE + i] = packetType >>> (24 - 8 * i);
}
