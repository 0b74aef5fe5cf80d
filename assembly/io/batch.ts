/** One batch of one port, from the kernel to the kernel. index.ts exports these four. */
import { COUNTER_BATCHES } from "../layout/counter.ts";
import { PACKET_SLOTS } from "../layout/limits.ts";
import { COUNTERS_BASE, PACKETS_BASE } from "../memory.ts";
import { offerBatch } from "../offload/offer.ts";
import { beginPaths, endPaths, offersFlows } from "../offload/path.ts";
import { packetsLeft, resetPool } from "../packet/pool.ts";
import { processBatch, processParsed } from "../pipeline.ts";
import { flushPorts } from "./queue.ts";
import { receiveDatagrams } from "./tunnel-receive.ts";
import { isRingDrained, receiveBuffers, receiveRing, releaseRing } from "./receive.ts";
import { receiveXdp, releaseXdp } from "./xdp-receive.ts";

/** Of the number of batches: one in 64. */
const RESTLESS: u64 = 63;

/** Runs what waits in the ring of a packet-socket port (BATCH_SIZE frames at most); how many packets that were. */
export function runRing(port: u32): u32 {
  resetPool();
  const count = receiveRing(port);
  if (count != 0) runArrivals(port, count, true);
  else flushPorts();
  releaseRing(port);
  return count;
}

/**
 * The records that have been built of a port's frames, through the tables and out. What the kernel forwards overtakes what waits at the
 * port, so flows are offered to it when nothing waits. A port that never rests is relieved all the same, once in a while, and
 * its packets change their order that once.
 */
@inline
function runArrivals(port: u32, count: u32, inRing: bool): void {
  const offering = offersFlows(port);
  if (offering) beginPaths(PACKETS_BASE, count);
  processBatch(PACKETS_BASE, count);
  flushPorts();
  if (!offering) return;
  endPaths();
  // Looked at last: frames have come in while these were on their way.
  const drained = !inRing || isRingDrained(port);
  if (drained || (load<u64>(COUNTERS_BASE, COUNTER_BATCHES * 8) & RESTLESS) == 0) offerBatch(PACKETS_BASE, count);
}

/** Runs what waits in the receive ring of an AF_XDP port (BATCH_SIZE frames at most); how many packets that were. */
export function runXdp(port: u32): u32 {
  resetPool();
  const count = receiveXdp(port);
  if (count != 0) processBatch(PACKETS_BASE, count);
  flushPorts();
  releaseXdp(port);
  return count;
}

/** Runs `count` frames that wait in the receive buffers (TAP and test ports); how many packets that were. */
export function runBuffers(port: u32, count: u32): u32 {
  resetPool();
  const packets = receiveBuffers(port, count);
  if (packets != 0) runArrivals(port, packets, false);
  else flushPorts();
  return packets;
}

/** Runs `count` datagrams of a tunnel port that wait in the receive buffers; how many packets were in them. */
export function runDatagrams(port: u32, checksummed: bool, count: u32): u32 {
  let packets: u32 = 0;
  let next: u32 = 0;
  while (next < count) {
    resetPool();
    next = receiveDatagrams(port, checksummed, next, count);
    const built = PACKET_SLOTS - packetsLeft();
    if (built != 0) processParsed(PACKETS_BASE, built);
    flushPorts();
    packets += built;
  }
  return packets;
}
