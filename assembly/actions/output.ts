/** OP_OUTPUT: to a port. */
import { transmit } from "../io/transmit.ts";
import { PACKET_TRUNC } from "../layout.ts";
import { handOver } from "./hand-over.ts";

const PORT: usize = 8;

@inline
export function output(packet: usize, instruction: usize, last: bool): void {
  const leaving = handOver(packet, last);
  if (leaving != 0) transmit(leaving, load<u32>(instruction, PORT));
  if (!last) store<u32>(packet, 0, PACKET_TRUNC); // a trunc is for one output
}
