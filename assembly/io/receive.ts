/**
 * From the kernel to PACKET records.
 *
 * What: builds the records of a batch, from PACKETS_BASE on, one after the other; `resetPool` has run before. Frames stay
 *   where the kernel wrote them: in the port's ring (ring.ts) or in the receive buffers.
 * Invariants: at most BATCH_SIZE records; ring frames and buffers are not reused before the batch is transmitted.
 * Cost: ~12 ns a frame, mostly the first look at a cold frame.
 */
import { drop } from "../counters.ts";
import {
  BATCH_SIZE,
  BUFFER_LENGTH,
  BUFFER_SIZE,
  DROP_TORN,
  PACKET_MIN_HEADROOM,
  PORT_RING_FRAMES,
  PORT_RING_FRAME_SIZE,
  PORT_RING_NEXT,
  PORT_RING_TAKEN,
  PORT_RX_DROPPED,
  PORT_WINDOW,
  RECEIVE_BUFFERS,
} from "../layout.ts";
import { BUFFERS_BASE } from "../memory.ts";
import { arrive, restoreTag } from "./arrival.ts";
import { receiveLong } from "./host.ts";
import { countPort, portRecord } from "./port-record.ts";
import { giveBack, ringStatus } from "./ring.ts";
import {
  RING_COPY,
  RING_HEADER_SIZE,
  RING_LENGTH,
  RING_MAC,
  RING_SNAPLEN,
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
  let frame = ringFrame(record, 0);
  let taken: u32 = 0;
  let long: u32 = 0;
  while (taken < <u32>BATCH_SIZE && taken < frames) {
    const status = ringStatus(frame);
    if ((status & RING_USER) == 0) break;
    if (status & RING_COPY) long++;
    frame = ringFrame(record, ++taken);
  }
  store<u32>(record, taken, PORT_RING_TAKEN);
  if (taken == 0) return 0;

  const arrived = long != 0 ? receiveLong(port, long) : 0;
  let buffer: u32 = 0;
  let built: u32 = 0;
  for (let i: u32 = 0; i < taken; i++) {
    frame = ringFrame(record, i);
    const status = ringStatus(frame);
    let packet: usize = 0;
    if (status & RING_COPY) {
      packet = buffer < arrived ? receiveBuffer(port, buffer) : lost(record);
      buffer++;
    } else if (load<u32>(frame, RING_SNAPLEN) < load<u32>(frame, RING_LENGTH)) {
      packet = lost(record); // too long for the frame, and the socket's queue was full
    } else {
      const mac = <u32>load<u16>(frame, RING_MAC);
      packet = arrive(port, <u32>frame + mac, load<u32>(frame, RING_LENGTH), mac - RING_HEADER_SIZE);
    }
    if (packet == 0) continue;
    if (status & RING_VLAN_VALID) {
      const tpid: u32 = status & RING_VLAN_TPID_VALID ? load<u16>(frame, RING_VLAN_TPID) : 0;
      restoreTag(packet, tpid, load<u16>(frame, RING_VLAN_TCI));
    }
    built++;
  }
  return built;
}

/** Gives the frames of the last `receiveRing` back to the kernel, once they are transmitted. */
export function releaseRing(port: u32): void {
  const record = portRecord(port);
  const taken = load<u32>(record, PORT_RING_TAKEN);
  for (let i: u32 = 0; i < taken; i++) giveBack(ringFrame(record, i));
  store<u32>(record, ringIndex(record, taken), PORT_RING_NEXT);
  store<u32>(record, 0, PORT_RING_TAKEN);
}

/** Takes the frames in receive buffers 0..count-1; the number of records built. */
export function receiveBuffers(port: u32, count: u32): u32 {
  const limit = min<u32>(count, RECEIVE_BUFFERS);
  let built: u32 = 0;
  for (let i: u32 = 0; i < limit; i++) {
    if (receiveBuffer(port, i) != 0) built++;
  }
  return built;
}

function receiveBuffer(port: u32, index: u32): usize {
  const buffer = <u32>BUFFERS_BASE + index * BUFFER_SIZE;
  const length = min<u32>(load<u32>(buffer, BUFFER_LENGTH), BUFFER_SIZE - PACKET_MIN_HEADROOM);
  return arrive(port, buffer + PACKET_MIN_HEADROOM, length, PACKET_MIN_HEADROOM);
}

function lost(record: usize): usize {
  countPort(record, PORT_RX_DROPPED, 1);
  drop(0, DROP_TORN);
  return 0;
}

@inline
function ringIndex(record: usize, offset: u32): u32 {
  const frames = load<u32>(record, PORT_RING_FRAMES);
  const index = load<u32>(record, PORT_RING_NEXT) + offset;
  return index >= frames ? index - frames : index;
}

@inline
function ringFrame(record: usize, offset: u32): usize {
  return <usize>load<u32>(record, PORT_WINDOW) + <usize>(ringIndex(record, offset) * load<u32>(record, PORT_RING_FRAME_SIZE));
}
