/**
 * Frames of an AF_XDP port: from its receive ring to PACKET records.
 *
 * What: a frame stays in the chunk where the kernel wrote it; `releaseXdp` gives the chunks to the fill ring.
 * Invariants: as in receive.ts. The fill ring has more entries than there are chunks to receive into, so it is never full.
 * Cost: ~5 ns a frame.
 * Not handled: frames in several chunks (XDP_USE_SG).
 */
import { BATCH_SIZE } from "../layout/limits.ts";
import { PACKET_LENGTH } from "../layout/packet.ts";
import { PORT_FEATURES, PORT_FEATURE_OPEN_SUMS, PORT_RING_TAKEN, PORT_WINDOW } from "../layout/port.ts";
import { XDP_CHUNK_SIZE, XDP_DESCRIPTOR_LENGTH, XDP_DESCRIPTOR_SIZE, XDP_FILL_DESCRIPTORS, XDP_FILL_ENTRIES, XDP_FILL_PRODUCER, XDP_FRAMES, XDP_HEADROOM, XDP_LONGEST, XDP_RECEIVE_CONSUMER, XDP_RECEIVE_DESCRIPTORS, XDP_RECEIVE_ENTRIES, XDP_RECEIVE_PRODUCER } from "../layout/xdp.ts";
import { arrive, countArrived } from "./arrival.ts";
import { markOpenChecksum } from "./open-checksum.ts";
import { portRecord } from "./port-record.ts";

/** Takes up to BATCH_SIZE frames; the number of records built. */
export function receiveXdp(port: u32): u32 {
  const record = portRecord(port);
  const window: usize = load<u32>(record, PORT_WINDOW);
  const consumer = load<u32>(load<u32>(window, XDP_RECEIVE_CONSUMER));
  const waiting = atomic.load<u32>(load<u32>(window, XDP_RECEIVE_PRODUCER)) - consumer;
  const taken = min<u32>(BATCH_SIZE, waiting);
  store<u32>(record, taken, PORT_RING_TAKEN);
  const openSums = (load<u32>(record, PORT_FEATURES) & PORT_FEATURE_OPEN_SUMS) != 0;
  const frames = <u32>window + XDP_FRAMES;
  let built: u32 = 0;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < taken; i++) {
    const descriptor = receiveDescriptor(window, consumer + i);
    const length = min<u32>(load<u32>(descriptor, XDP_DESCRIPTOR_LENGTH), XDP_LONGEST);
    const packet = arrive(record, false, port, frames + load<u32>(descriptor), length, XDP_HEADROOM);
    if (packet == 0) continue;
    if (openSums) markOpenChecksum(packet);
    built++;
    bytes += load<u32>(packet, PACKET_LENGTH);
  }
  countArrived(record, built, bytes);
  return built;
}

/** Gives the chunks of the last `receiveXdp` back to the kernel, once their frames are transmitted. */
export function releaseXdp(port: u32): void {
  const record = portRecord(port);
  const taken = load<u32>(record, PORT_RING_TAKEN);
  if (taken == 0) return;
  store<u32>(record, 0, PORT_RING_TAKEN);
  const window: usize = load<u32>(record, PORT_WINDOW);
  const consumer: usize = load<u32>(window, XDP_RECEIVE_CONSUMER);
  const first = load<u32>(consumer);
  const producer: usize = load<u32>(window, XDP_FILL_PRODUCER);
  const fill = load<u32>(producer);
  const fillDescriptors: usize = load<u32>(window, XDP_FILL_DESCRIPTORS);
  for (let i: u32 = 0; i < taken; i++) {
    const chunk = load<u32>(receiveDescriptor(window, first + i)) & ~(XDP_CHUNK_SIZE - 1);
    store<u64>(fillDescriptors + <usize>(((fill + i) & (XDP_FILL_ENTRIES - 1)) << 3), chunk);
  }
  atomic.store<u32>(producer, fill + taken);
  atomic.store<u32>(consumer, first + taken);
}

@inline
function receiveDescriptor(window: usize, index: u32): usize {
  return <usize>load<u32>(window, XDP_RECEIVE_DESCRIPTORS) + <usize>((index & (XDP_RECEIVE_ENTRIES - 1)) * XDP_DESCRIPTOR_SIZE);
}
