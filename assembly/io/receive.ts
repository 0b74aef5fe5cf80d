/**
 * From the kernel to PACKET records.
 *
 * What: builds the records of a batch, from PACKETS_BASE on, one after the other; `resetPool` has run before. Frames stay
 *   where the kernel wrote them: in the port's ring (ring.ts) or in the receive buffers.
 * Invariants: at most BATCH_SIZE records; ring frames and buffers are not reused before the batch is transmitted.
 * Cost: ~5 ns a frame, and the first look at a cold one.
 */
import { drop } from "../counters.ts";
import { DROP_TORN } from "../layout/counter.ts";
import { BATCH_SIZE, BUFFER_SIZE, RECEIVE_BUFFERS } from "../layout/limits.ts";
import { PACKET_LENGTH, PACKET_MIN_HEADROOM } from "../layout/packet.ts";
import { BUFFER_LENGTH, PORT_RING_FRAMES, PORT_RING_FRAME_SIZE, PORT_RING_NEXT, PORT_RING_TAKEN, PORT_RX_DROPPED, PORT_WINDOW } from "../layout/port.ts";
import { BUFFERS_BASE } from "../memory.ts";
import { arrive, countArrived, hasOffloads, restoreTag } from "./arrival.ts";
import { receiveLong } from "./host.ts";
import { countPort, portRecord } from "./port-record.ts";
import { giveBack } from "./ring.ts";
import {
  RING_COPY,
  RING_HEADER_SIZE,
  RING_LENGTH,
  RING_MAC,
  RING_SNAPLEN,
  RING_STATUS,
  RING_USER,
  RING_VLAN_TCI,
  RING_VLAN_TPID,
  RING_VLAN_TPID_VALID,
  RING_VLAN_VALID,
} from "./ring-layout.ts";

/** Takes up to BATCH_SIZE frames from the port's ring; the number of records built. */
export function receiveRing(port: u32): u32 {
  const record = portRecord(port);
  const frames = load<u32>(record, PORT_RING_FRAMES);
  const frameSize: usize = load<u32>(record, PORT_RING_FRAME_SIZE);
  const ring: usize = load<u32>(record, PORT_WINDOW);
  const ringEnd = ring + <usize>frames * frameSize;
  const first = ring + <usize>load<u32>(record, PORT_RING_NEXT) * frameSize;
  const limit = min<u32>(BATCH_SIZE, frames);
  let frame = first;
  let taken: u32 = 0;
  let long: u32 = 0;
  while (taken < limit) {
    const status = load<u32>(frame, RING_STATUS);
    if ((status & RING_USER) == 0) break;
    long += (status / RING_COPY) & 1;
    taken++;
    frame = nextFrame(frame, frameSize, ring, ringEnd);
  }
  // A barrier, once for all statuses: what is read from now on was written before them. (An atomic load tests its address too.)
  atomic.xchg<u32>(record, taken, PORT_RING_TAKEN);
  if (taken == 0) return 0;

  const arrived = long != 0 ? receiveLong(port, long) : 0;
  const offloads = hasOffloads(record);
  let buffer: u32 = 0;
  let built: u32 = 0;
  let bytes: u64 = 0;
  frame = first;
  for (let i: u32 = 0; i < taken; i++) {
    const status = load<u32>(frame, RING_STATUS);
    const length = load<u32>(frame, RING_LENGTH);
    let packet: usize = 0;
    if ((status & (RING_COPY | RING_VLAN_VALID)) == 0 && length <= load<u32>(frame, RING_SNAPLEN)) {
      packet = arriveInRing(record, offloads, port, frame, length);
    } else if ((status & RING_COPY) != 0) {
      packet = buffer < arrived ? receiveBuffer(record, offloads, port, buffer) : lost(record);
      buffer++;
      if (packet != 0 && (status & RING_VLAN_VALID) != 0) restoreTagOf(packet, frame, status);
    } else {
      packet = receiveTagged(record, offloads, port, frame, status);
    }
    if (packet != 0) {
      built++;
      bytes += load<u32>(packet, PACKET_LENGTH);
    }
    frame = nextFrame(frame, frameSize, ring, ringEnd);
  }
  countArrived(record, built, bytes);
  return built;
}

/** The record of a frame that lies whole in its place of the ring. */
@inline
function arriveInRing(record: usize, offloads: bool, port: u32, frame: usize, length: u32): usize {
  const mac = <u32>load<u16>(frame, RING_MAC);
  return arrive(record, offloads, port, <u32>frame + mac, length, mac - RING_HEADER_SIZE);
}

/** The record of a frame in the ring whose tag the kernel has taken out. */
function receiveTagged(record: usize, offloads: bool, port: u32, frame: usize, status: u32): usize {
  const length = load<u32>(frame, RING_LENGTH);
  if (load<u32>(frame, RING_SNAPLEN) < length) return lost(record); // too long for its place, and the socket's queue was full
  const packet = arriveInRing(record, offloads, port, frame, length);
  if (packet != 0 && (status & RING_VLAN_VALID) != 0) restoreTagOf(packet, frame, status);
  return packet;
}

function restoreTagOf(packet: usize, frame: usize, status: u32): void {
  const tpid: u32 = status & RING_VLAN_TPID_VALID ? load<u16>(frame, RING_VLAN_TPID) : 0;
  restoreTag(packet, tpid, load<u16>(frame, RING_VLAN_TCI));
}

/** Gives the frames of the last `receiveRing` back to the kernel, once they are transmitted. */
export function releaseRing(port: u32): void {
  const record = portRecord(port);
  const taken = atomic.xchg<u32>(record, 0, PORT_RING_TAKEN); // and a barrier: what was read was read before `giveBack`
  if (taken == 0) return;
  const frames = load<u32>(record, PORT_RING_FRAMES);
  const frameSize: usize = load<u32>(record, PORT_RING_FRAME_SIZE);
  const ring: usize = load<u32>(record, PORT_WINDOW);
  const next = load<u32>(record, PORT_RING_NEXT);
  let frame = ring + <usize>next * frameSize;
  for (let i: u32 = 0; i < taken; i++) {
    giveBack(frame);
    frame = nextFrame(frame, frameSize, ring, ring + <usize>frames * frameSize);
  }
  store<u32>(record, next + taken >= frames ? next + taken - frames : next + taken, PORT_RING_NEXT);
}

/** Whether nothing has come in behind the frames of the last `receiveRing`. */
export function isRingDrained(port: u32): bool {
  const record = portRecord(port);
  const frames = load<u32>(record, PORT_RING_FRAMES);
  let next = load<u32>(record, PORT_RING_NEXT) + load<u32>(record, PORT_RING_TAKEN);
  if (next >= frames) next -= frames;
  const frame = <usize>load<u32>(record, PORT_WINDOW) + <usize>next * load<u32>(record, PORT_RING_FRAME_SIZE);
  return (load<u32>(frame, RING_STATUS) & RING_USER) == 0;
}

/** Takes the frames in receive buffers 0..count-1; the number of records built. */
export function receiveBuffers(port: u32, count: u32): u32 {
  const record = portRecord(port);
  const offloads = hasOffloads(record);
  const limit = min<u32>(count, RECEIVE_BUFFERS);
  let built: u32 = 0;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < limit; i++) {
    const packet = receiveBuffer(record, offloads, port, i);
    if (packet == 0) continue;
    built++;
    bytes += load<u32>(packet, PACKET_LENGTH);
  }
  countArrived(record, built, bytes);
  return built;
}

function receiveBuffer(record: usize, offloads: bool, port: u32, index: u32): usize {
  const buffer = <u32>BUFFERS_BASE + index * BUFFER_SIZE;
  const length = min<u32>(load<u32>(buffer, BUFFER_LENGTH), BUFFER_SIZE - PACKET_MIN_HEADROOM);
  return arrive(record, offloads, port, buffer + PACKET_MIN_HEADROOM, length, PACKET_MIN_HEADROOM);
}

function lost(record: usize): usize {
  countPort(record, PORT_RX_DROPPED, 1);
  drop(0, DROP_TORN);
  return 0;
}

@inline
function nextFrame(frame: usize, frameSize: usize, ring: usize, ringEnd: usize): usize {
  const next = frame + frameSize;
  return next == ringEnd ? ring : next;
}
