/** The benches' packet source: the fields of the next batch, written into frames that lie in a ring. */
import { RING_STATUS, RING_USER } from "../../assembly/io/ring-layout.ts";
import {
  BATCH,
  FLOW_IPV4_CHECKSUM,
  FLOW_SIZE,
  FLOW_SOURCE,
  FLOW_TCP_CHECKSUM,
  FRAME_AT,
  FRAME_SIZE,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  TCP_CHECKSUM,
} from "../../bench/memory/source-layout.ts";

/**
 * Writes the fields of the flows from `next` on, of `flows` in the table at `table`, into the BATCH frames at `ring`, and hands them over.
 * `destination`: as a frame holds it; NAT edits frames where they lie. Returns which flow comes next.
 */
export function fillRing(ring: usize, table: usize, flows: u32, next: u32, destination: u32): u32 {
  const end = ring + BATCH * FRAME_SIZE;
  for (let place = ring; place < end; place += FRAME_SIZE) {
    const frame = place + FRAME_AT;
    const flow = table + <usize>next * FLOW_SIZE;
    store<u32>(frame, load<u32>(flow, FLOW_SOURCE), IPV4_SOURCE);
    store<u32>(frame, destination, IPV4_DESTINATION);
    store<u16>(frame, load<u16>(flow, FLOW_IPV4_CHECKSUM), IPV4_CHECKSUM);
    store<u16>(frame, load<u16>(flow, FLOW_TCP_CHECKSUM), TCP_CHECKSUM);
    store<u32>(place, RING_USER, RING_STATUS);
    next = next + 1 == flows ? 0 : next + 1;
  }
  return next;
}
