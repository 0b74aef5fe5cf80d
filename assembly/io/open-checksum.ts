/**
 * Checksums that a sender on this machine left open, where nobody says so: XDP on a veth takes the frame before a virtio-net header
 * could be made of what the kernel knows.
 *
 * What: an open TCP or UDP checksum holds the folded sum of the pseudo-header, an open one of SCTP zero. A frame that has just that
 *   there is taken for one whose checksum is open.
 * Invariants: whatever is taken for open leaves with a right checksum, so a finished one that looks open by chance (1 of 65,536)
 *   stays what it was. On a veth no frame is damaged on the way: nothing wrong is made right.
 * Cost: ~10 ns a frame.
 * Not handled: IPv6 extension headers, tunnels between hosts whose inner checksum is open.
 */
import { PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_LENGTH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM } from "../layout/packet.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6, ETHER_TYPE_QINQ, ETHER_TYPE_VLAN } from "../packet/ethernet.ts";
import { foldSum, sumBytes } from "../packet/internet-checksum.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../packet/protocol.ts";
import { SCTP_CHECKSUM } from "../packet/sctp.ts";
import { TCP_CHECKSUM } from "../packet/tcp.ts";
import { UDP_CHECKSUM } from "../packet/udp.ts";

const ETHERNET_SIZE: u32 = 14;
const TAG_SIZE: u32 = 4;
const IPV4_SIZE: u32 = 20;
const IPV6_SIZE: u32 = 40;
/** More fragments, fragment offset: as a u16 of the frame is loaded. */
const FRAGMENT: u32 = 0xff3f;

/** Marks the record of a frame, as long as an Ethernet header at least, whose checksum is open. */
export function markOpenChecksum(packet: usize): void {
  const frame: usize = load<u32>(packet, PACKET_DATA);
  const length = load<u32>(packet, PACKET_LENGTH);
  let l3 = ETHERNET_SIZE;
  let type: u32 = load<u16>(frame, 12);
  while ((type == ETHER_TYPE_VLAN || type == ETHER_TYPE_QINQ) && l3 + TAG_SIZE <= length) {
    type = load<u16>(frame + l3, 2);
    l3 += TAG_SIZE;
  }
  const ip = frame + l3;
  let l4: u32;
  let protocol: u32;
  let end: u32;
  let sum: u64;
  if (type == ETHER_TYPE_IPV4 && l3 + IPV4_SIZE <= length) {
    if (load<u16>(ip, 6) & FRAGMENT) return;
    l4 = l3 + ((<u32>load<u8>(ip) & 15) << 2);
    protocol = load<u8>(ip, 9);
    end = l3 + bswap<u16>(load<u16>(ip, 2));
    sum = sumBytes(ip + 12, 8, 0);
  } else if (type == ETHER_TYPE_IPV6 && l3 + IPV6_SIZE <= length) {
    l4 = l3 + IPV6_SIZE;
    protocol = load<u8>(ip, 6);
    end = l4 + bswap<u16>(load<u16>(ip, 4));
    sum = sumBytes(ip + 8, 32, 0);
  } else {
    return;
  }
  const offset = checksumField(protocol);
  const size: u32 = protocol == PROTOCOL_SCTP ? 4 : 2; // with more asked for, UDP of no byte or one would leave with an open checksum
  if (offset == 0 || end > length || l4 < l3 + IPV4_SIZE || l4 + offset + size > end) return;
  const field: u32 = load<u16>(frame + l4 + offset);
  const open: u32 =
    protocol == PROTOCOL_SCTP
      ? load<u32>(frame + l4 + offset)
      : field ^ foldSum(sum + (<u64>protocol << 8) + <u64>bswap<u16>(<u16>(end - l4)));
  if (open != 0) return;
  store<u8>(packet, VNET_F_NEEDS_CSUM, PACKET_VNET_FLAGS);
  store<u16>(packet, <u16>l4, PACKET_CSUM_START);
  store<u16>(packet, <u16>offset, PACKET_CSUM_OFFSET);
}

@inline
function checksumField(protocol: u32): u32 {
  if (protocol == PROTOCOL_TCP) return TCP_CHECKSUM;
  if (protocol == PROTOCOL_UDP) return UDP_CHECKSUM;
  return protocol == PROTOCOL_SCTP ? SCTP_CHECKSUM : 0;
}
