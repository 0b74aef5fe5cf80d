/** Who gets the packet: the last instruction the packet itself, any other one a clone, because more is to come. */
import { count, drop } from "../counters.ts";
import { COUNTER_CLONED, DROP_NO_BUFFER } from "../layout/counter.ts";
import { clonePacket } from "../packet/pool.ts";

/** The packet to give away; 0 when no clone could be made, which is counted as a drop. */
export function handOver(packet: usize, last: bool): usize {
  if (last) return packet;
  count(COUNTER_CLONED);
  const clone = clonePacket(packet);
  if (clone == 0) drop(packet, DROP_NO_BUFFER);
  return clone;
}
