/** OP_OUTPUT: to a port. */
import { transmit } from "../io/transmit.ts";
import { PACKET_TRUNC } from "../layout/packet.ts";
import { OP_OUTPUT } from "../layout/program.ts";
import { handOver } from "./hand-over.ts";

const PORT: usize = 8;
/** Bytes of the instruction, and its first eight. */
const SIZE: u32 = 12;
const HEADER: u64 = (<u64>SIZE << 32) | OP_OUTPUT;

/** Whether a program of `bytes` is one output and nothing else: what most programs are, done without the interpreter. */
@inline
export function isOutput(program: usize, bytes: u32): bool {
  return bytes == SIZE && load<u64>(program) == HEADER;
}

@inline
export function outputPort(instruction: usize): u32 {
  return load<u32>(instruction, PORT);
}

@inline
export function output(packet: usize, instruction: usize, last: bool): void {
  const leaving = handOver(packet, last);
  if (leaving != 0) transmit(leaving, load<u32>(instruction, PORT));
  if (!last) store<u32>(packet, 0, PACKET_TRUNC); // a trunc is for one output
}
