/** What the kernel does to a flow's frames: the difference between a packet's headers before and after. */
import { SLOT_ACK, SLOT_BYTES, SLOT_CHECKSUM, SLOT_FLAGS, SLOT_FLAG_IP, SLOT_FLAG_TRANSPORT, SLOT_FLAG_UDP, SLOT_IP_DELTA, SLOT_MAX_LENGTH, SLOT_NEW_BYTES_0, SLOT_NEW_BYTES_22, SLOT_NEW_BYTES_26, SLOT_NEW_BYTES_34, SLOT_OUT_IFINDEX, SLOT_PACKETS, SLOT_PORTS_DELTA, SLOT_PSEUDO_DELTA, SLOT_SEQ_END, SLOT_WINDOW } from "../layout/offload.ts";
import { PORT_IFINDEX, PORT_MTU } from "../layout/port.ts";
import { foldSum } from "../packet/internet-checksum.ts";
import { PROTOCOL_UDP } from "../packet/protocol.ts";

const ETHERNET_SIZE: u32 = 14;
const MOST_LENGTH: u32 = 0xffff;
/** Offsets of the L4 checksum in the frame. */
const UDP_CHECKSUM: u32 = 40;
const TCP_CHECKSUM: u32 = 50;

/** Fills in a slot's action and begins its counts; false when more was changed than a slot can say. */
export function writeAction(slot: usize, before: usize, after: usize, out: usize): bool {
  // Ethertype up to the fragment offset; protocol.
  if (load<u64>(before, 12) != load<u64>(after, 12) || load<u16>(before, 20) != load<u16>(after, 20)) return false;
  const udp = load<u8>(before, 23) == PROTOCOL_UDP;
  if (load<u8>(after, 23) != load<u8>(before, 23)) return false;
  // Numbers of a segment, or the length of a datagram.
  if (udp ? load<u16>(before, 38) != load<u16>(after, 38) : load<u64>(before, 38) != load<u64>(after, 38)) return false;

  const addresses = load<u64>(before, 26) != load<u64>(after, 26);
  const ports = load<u32>(before, 34) != load<u32>(after, 34);
  let flags: u32 = udp ? SLOT_FLAG_UDP : 0;
  if (addresses || load<u8>(before, 22) != load<u8>(after, 22)) flags |= SLOT_FLAG_IP;
  if (addresses || ports) flags |= SLOT_FLAG_TRANSPORT;
  store<u32>(slot, load<u32>(out, PORT_IFINDEX), SLOT_OUT_IFINDEX);
  store<u16>(slot, <u16>min<u32>(load<u32>(out, PORT_MTU) + ETHERNET_SIZE, MOST_LENGTH), SLOT_MAX_LENGTH);
  store<u32>(slot, flags, SLOT_FLAGS);
  store<u64>(slot, load<u64>(after), SLOT_NEW_BYTES_0);
  store<u32>(slot, load<u32>(after, 8), SLOT_NEW_BYTES_0 + 8);
  store<u16>(slot, load<u16>(after, 22), SLOT_NEW_BYTES_22);
  store<u64>(slot, load<u64>(after, 26), SLOT_NEW_BYTES_26);
  store<u32>(slot, load<u32>(after, 34), SLOT_NEW_BYTES_34);

  const pseudo = delta(load<u32>(before, 26), load<u32>(after, 26)) + delta(load<u32>(before, 30), load<u32>(after, 30));
  const ttl = delta(load<u16>(before, 22), load<u16>(after, 22));
  store<u16>(slot, <u16>foldSum(pseudo + ttl), SLOT_IP_DELTA);
  store<u32>(slot, foldSum(pseudo), SLOT_PSEUDO_DELTA);
  store<u32>(slot, foldSum(delta(load<u32>(before, 34), load<u32>(after, 34))), SLOT_PORTS_DELTA);
  store<u32>(slot, udp ? UDP_CHECKSUM : TCP_CHECKSUM, SLOT_CHECKSUM);
  beginCounts(slot, before, udp);
  return true;
}

/** What changing words adds to the complement of a checksum (RFC 1624): the complement of the old, and the new. */
@inline
function delta(before: u32, after: u32): u64 {
  return before == after ? 0 : <u64>~before + after;
}

function beginCounts(slot: usize, headers: usize, udp: bool): void {
  store<u64>(slot, 0, SLOT_PACKETS);
  store<u64>(slot, 0, SLOT_BYTES);
  if (udp) return;
  store<u32>(slot, bswap<u32>(load<u32>(headers, 38)), SLOT_SEQ_END);
  store<u32>(slot, bswap<u32>(load<u32>(headers, 42)), SLOT_ACK);
  store<u32>(slot, bswap<u16>(load<u16>(headers, 48)), SLOT_WINDOW);
}
