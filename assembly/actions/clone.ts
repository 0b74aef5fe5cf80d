/** OP_CLONE: a nested program on a copy; edits in it are not seen after it. */
import { execute } from "./execute.ts";
import { handOver } from "./hand-over.ts";

/** Runs the instructions from `program` to `end` on a packet of their own. Also what sample, select and check_pkt_len end in. */
export function runNested(packet: usize, program: usize, end: usize, last: bool, nesting: u32): void {
  const own = handOver(packet, last);
  if (own != 0) execute(own, program, end, nesting + 1);
}
