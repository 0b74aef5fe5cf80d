/** One batch of one port, from the kernel to the kernel. index.ts exports these two. */
import { PACKETS_BASE } from "../memory.ts";
import { resetPool } from "../packet/pool.ts";
import { processBatch } from "../pipeline.ts";
import { flushPorts } from "./queue.ts";
import { receiveBuffers, receiveRing, releaseRing } from "./receive.ts";

/** Runs what waits in the ring of a packet-socket port (BATCH_SIZE frames at most); how many packets that were. */
export function runRing(port: u32): u32 {
  resetPool();
  const count = receiveRing(port);
  if (count != 0) processBatch(PACKETS_BASE, count);
  flushPorts();
  releaseRing(port);
  return count;
}

/** Runs `count` frames that wait in the receive buffers (TAP and test ports); how many packets that were. */
export function runBuffers(port: u32, count: u32): u32 {
  resetPool();
  const packets = receiveBuffers(port, count);
  if (packets != 0) processBatch(PACKETS_BASE, packets);
  flushPorts();
  return packets;
}
