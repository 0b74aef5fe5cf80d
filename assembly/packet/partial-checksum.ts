/**
 * Checksums that a sender left to us: the virtio-net header's NEEDS_CSUM, csum_start and csum_offset (virtio 1.2 §5.1.6.2).
 *
 * Invariants: after parsing, the field to be filled in is the L4 header's own, or lies behind all that the flow key holds (inside
 *   a tunnel of the sender's). Otherwise a sender could have a port rewritten that rules have been matched against.
 */
import { KEY_NW_PROTO } from "../layout/key.ts";
import { CLONE_HEAD_SIZE, PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_FLAGS, PACKET_FLAG_TORN, PACKET_KEY, PACKET_L3, PACKET_L3_END, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM } from "../layout/packet.ts";
import { ARP_SIZE } from "./arp.ts";
import { ICMP_CHECKSUM } from "./icmp.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol.ts";
import { SCTP_CHECKSUM } from "./sctp.ts";
import { TCP_CHECKSUM } from "./tcp.ts";
import { UDP_CHECKSUM } from "./udp.ts";

/** Offset of the Internet checksum in the L4 header, 0 for protocols without one. */
@inline
export function checksumOffset(protocol: u32): u32 {
  if (protocol == PROTOCOL_TCP) return TCP_CHECKSUM;
  if (protocol == PROTOCOL_UDP) return UDP_CHECKSUM;
  if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6) return ICMP_CHECKSUM;
  return 0;
}

/** True when the L4 checksum is left to the way out. */
@inline
export function hasPartialChecksum(packet: usize): bool {
  return (
    (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) != 0 &&
    load<u16>(packet, PACKET_CSUM_START) == load<u16>(packet, PACKET_L4)
  );
}

/** Takes a NEEDS_CSUM back that breaks the invariant: the packet goes on, with the checksum that it has. */
@inline
export function vetPartialChecksum(packet: usize): void {
  const flags = load<u8>(packet, PACKET_VNET_FLAGS);
  if ((flags & VNET_F_NEEDS_CSUM) != 0 && !isFinishable(packet)) {
    store<u8>(packet, flags & ~(<u8>VNET_F_NEEDS_CSUM), PACKET_VNET_FLAGS);
  }
}

function isFinishable(packet: usize): bool {
  const start: u32 = load<u16>(packet, PACKET_CSUM_START);
  const l3: u32 = load<u16>(packet, PACKET_L3);
  const l4: u32 = load<u16>(packet, PACKET_L4);
  if (l3 == 0 || (load<u16>(packet, PACKET_FLAGS) & PACKET_FLAG_TORN) != 0) return false;
  const end = start + load<u16>(packet, PACKET_CSUM_OFFSET) + 2;
  if (end > min<u32>(load<u32>(packet, PACKET_LENGTH), CLONE_HEAD_SIZE)) return false; // out of a clone's reach
  if (l4 == 0) {
    const l3End: u32 = load<u16>(packet, PACKET_L3_END);
    return start >= (l3End != 0 ? l3End : l3 + ARP_SIZE);
  }
  if (start != l4) return start >= load<u16>(packet, PACKET_L7);
  const protocol: u32 = load<u8>(load<u32>(packet, PACKET_KEY), KEY_NW_PROTO);
  const field = protocol == PROTOCOL_SCTP ? SCTP_CHECKSUM : checksumOffset(protocol);
  return load<u16>(packet, PACKET_CSUM_OFFSET) == field;
}
