/**
 * One frame that has arrived: its PACKET record.
 *
 * Invariants: what the virtio-net header says is checked here once; after that a checksum's place is inside the frame
 *   and a super-packet has a segment size. A frame that fails is dropped as torn and counted as the port's error.
 */
import { drop } from "../counters.ts";
import { DROP_NO_BUFFER, DROP_TORN } from "../layout/counter.ts";
import { PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_GSO_SIZE, PACKET_GSO_TYPE, PACKET_HDR_LEN, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_LENGTH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_NONE, VNET_HEADER_SIZE } from "../layout/packet.ts";
import { PORT_FEATURES, PORT_FEATURE_VNET, PORT_RX_BYTES, PORT_RX_DROPPED, PORT_RX_ERRORS, PORT_RX_PACKETS } from "../layout/port.ts";
import { allocateArrival } from "../packet/pool.ts";
import { countPort } from "./port-record.ts";

const ETHERNET_SIZE: u32 = 14;
/** Flags and GSO type of a virtio-net header, loaded as one u16: what makes other fields of it count. */
const ASKS_SOMETHING: u32 = VNET_F_NEEDS_CSUM | 0xff00;
const ADDRESSES_SIZE = 12; // destination and source: a tag goes behind them
const TAG_SIZE: u32 = 4;
const ETHERTYPE_VLAN: u32 = 0x8100;

/**
 * Record of the frame of `length` bytes at `data` with `headroom` writable bytes before it, or 0 when it was dropped.
 * What arrived is counted by the caller, once for all frames of a batch (`countArrived`).
 */
@inline
export function arrive(record: usize, offloads: bool, port: u32, data: u32, length: u32, headroom: u32): usize {
  const header = <usize>data - VNET_HEADER_SIZE;
  if (length < ETHERNET_SIZE) return refuse(record, DROP_TORN);
  if (offloads && (load<u16>(header) & ASKS_SOMETHING) != 0) {
    if (!isOffloadSound(header, length)) return refuse(record, DROP_TORN);
  }
  const packet = allocateArrival();
  if (packet == 0) return refuse(record, DROP_NO_BUFFER);
  store<u32>(packet, data, PACKET_DATA);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, length, PACKET_HEAD_LENGTH);
  store<u32>(packet, headroom, PACKET_HEADROOM);
  store<u32>(packet, port, PACKET_IN_PORT);
  if (offloads) copyOffloadHeader(packet, header);
  return packet;
}

/** Whether frames of the port carry a virtio-net header. */
@inline
export function hasOffloads(record: usize): bool {
  return (load<u32>(record, PORT_FEATURES) & PORT_FEATURE_VNET) != 0;
}

@inline
export function countArrived(record: usize, packets: u64, bytes: u64): void {
  countPort(record, PORT_RX_PACKETS, packets);
  countPort(record, PORT_RX_BYTES, bytes);
}

/** Its ten bytes are as they came what a record holds from PACKET_VNET_FLAGS on. */
@inline
function copyOffloadHeader(packet: usize, header: usize): void {
  store<u64>(packet, load<u64>(header), PACKET_VNET_FLAGS);
  store<u16>(packet, load<u16>(header, 8), PACKET_CSUM_OFFSET);
}

/** Whether a virtio-net header points into its frame. A record holds the header as it came, from PACKET_VNET_FLAGS on. */
function isOffloadSound(header: usize, length: u32): bool {
  const fields = header - PACKET_VNET_FLAGS;
  if (load<u8>(fields, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) {
    const end = <u32>load<u16>(fields, PACKET_CSUM_START) + <u32>load<u16>(fields, PACKET_CSUM_OFFSET) + 2;
    if (end > length) return false;
  }
  return load<u8>(fields, PACKET_GSO_TYPE) == VNET_GSO_NONE || load<u16>(fields, PACKET_GSO_SIZE) != 0;
}

function refuse(record: usize, reason: u32): usize {
  countPort(record, reason == DROP_TORN ? PORT_RX_ERRORS : PORT_RX_DROPPED, 1);
  drop(0, reason);
  return 0;
}

/** Puts a VLAN tag back that the kernel had taken out of the frame (linux/if_packet.h: tp_vlan_tci, tp_vlan_tpid). */
export function restoreTag(packet: usize, tpid: u32, tci: u32): void {
  const data = load<u32>(packet, PACKET_DATA) - TAG_SIZE;
  memory.copy(data, data + TAG_SIZE, ADDRESSES_SIZE);
  store<u16>(data, bswap<u16>(<u16>(tpid != 0 ? tpid : ETHERTYPE_VLAN)), ADDRESSES_SIZE);
  store<u16>(data, bswap<u16>(<u16>tci), ADDRESSES_SIZE + 2);
  const length = load<u32>(packet, PACKET_LENGTH) + TAG_SIZE;
  store<u32>(packet, data, PACKET_DATA);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, length, PACKET_HEAD_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_HEADROOM) - TAG_SIZE, PACKET_HEADROOM);
  if (load<u16>(packet, PACKET_HDR_LEN)) store<u16>(packet, load<u16>(packet, PACKET_HDR_LEN) + TAG_SIZE, PACKET_HDR_LEN);
  if (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) {
    store<u16>(packet, load<u16>(packet, PACKET_CSUM_START) + TAG_SIZE, PACKET_CSUM_START);
  }
}
