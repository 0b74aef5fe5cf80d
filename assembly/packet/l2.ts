/**
 * Room in the Ethernet header: tags and labels come and go before what follows them.
 *
 * Invariants: only the bytes before the gap move (at most some 30), into the headroom; all offsets of the record and of its
 *   virtio-net header (csum_start, hdr_len) move with it. The flow key is the caller's.
 */
import { PACKET_CSUM_START, PACKET_DATA, PACKET_HDR_LEN, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_L3, PACKET_L3_END, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM } from "../layout/packet.ts";

/** Opens a gap of `bytes` at `offset` from the frame's start. False, and nothing done, when the headroom is used up. */
export function openGap(packet: usize, offset: u32, bytes: u32): bool {
  if (load<u32>(packet, PACKET_HEADROOM) < bytes) return false;
  const data: usize = load<u32>(packet, PACKET_DATA);
  memory.copy(data - bytes, data, offset);
  moveStart(packet, bytes);
  return true;
}

/** Takes the `bytes` at `offset` out of the frame. */
export function closeGap(packet: usize, offset: u32, bytes: u32): void {
  const data: usize = load<u32>(packet, PACKET_DATA);
  memory.copy(data + bytes, data, offset);
  moveStart(packet, 0 - bytes);
}

/** Moves the frame's start back by `bytes` (wrapping: forward when negative); L3 and all after it stays where it is. */
function moveStart(packet: usize, bytes: u32): void {
  store<u32>(packet, load<u32>(packet, PACKET_DATA) - bytes, PACKET_DATA);
  store<u32>(packet, load<u32>(packet, PACKET_HEADROOM) - bytes, PACKET_HEADROOM);
  store<u32>(packet, load<u32>(packet, PACKET_LENGTH) + bytes, PACKET_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_HEAD_LENGTH) + bytes, PACKET_HEAD_LENGTH);
  moveOffset(packet + PACKET_L3, bytes);
  moveOffset(packet + PACKET_L3_END, bytes);
  moveOffset(packet + PACKET_L4, bytes);
  moveOffset(packet + PACKET_L7, bytes);
  moveOffset(packet + PACKET_HDR_LEN, bytes);
  if ((load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) != 0) moveOffset(packet + PACKET_CSUM_START, bytes);
}

/** 0 stays 0: it means "none". */
@inline
function moveOffset(field: usize, bytes: u32): void {
  const offset: u32 = load<u16>(field);
  if (offset != 0) store<u16>(field, <u16>(offset + bytes));
}
