/**
 * OP_SELECT: one bucket of a group, chosen and run in the same pass.
 *
 * What: without recirculation and without a megaflow for each hash value, which is what OVS's `hash` + `recirc` costs.
 *   Whether the packet itself may run the bucket is seen from where the instruction stands: SELECT_FLAG_LAST is for dumps.
 * Invariants: tables and programs lie inside the instruction and counters inside the arena, whatever the bytes say.
 *   PACKET_BUCKET stays set in later passes: the connection that a bucket leads to is committed there or here.
 */
import { drop } from "../counters.ts";
import { DROP_BAD_PROGRAM, DROP_NO_BUCKET } from "../layout/counter.ts";
import { PACKET_BUCKET, PACKET_LENGTH } from "../layout/packet.ts";
import { BUCKET_BYTES, BUCKET_COUNTERS_SIZE, BUCKET_PACKETS, OP_SELECT_BUCKETS, OP_SELECT_FIELDS, OP_SELECT_METHOD, OP_SELECT_SLOT_MASK, OP_SELECT_TABLES, SELECT_BUCKET_COUNTERS, SELECT_BUCKET_PROGRAM, SELECT_BUCKET_PROGRAM_BYTES, SELECT_BUCKET_SIZE, SELECT_DP_HASH, SELECT_FIELD_MASK } from "../layout/program.ts";
import { ARENA_BASE, ARENA_SIZE } from "../memory.ts";
import { transmit } from "../io/transmit.ts";
import { chooseBucket } from "../select/select.ts";
import { execute } from "./execute.ts";
import { handOver } from "./hand-over.ts";
import { isOutput, outputPort } from "./output.ts";

export function select(packet: usize, instruction: usize, length: u32, last: bool, nesting: u32): void {
  const own = handOver(packet, last);
  if (own == 0) return;
  if (tableBytes(instruction) > length) return drop(own, DROP_BAD_PROGRAM);
  const bucket = chooseBucket(own, instruction);
  if (bucket == 0) return drop(own, DROP_NO_BUCKET);
  if (bucket + SELECT_BUCKET_SIZE > instruction + length) return drop(own, DROP_BAD_PROGRAM);
  const offset = load<u32>(bucket, SELECT_BUCKET_PROGRAM);
  const bytes = load<u32>(bucket, SELECT_BUCKET_PROGRAM_BYTES);
  if (<u64>offset + bytes > length) return drop(own, DROP_BAD_PROGRAM);
  countBucket(own, load<u32>(bucket, SELECT_BUCKET_COUNTERS));
  const program = instruction + offset;
  if (isOutput(program, bytes)) transmit(own, outputPort(program));
  else execute(own, program, program + bytes, nesting + 1);
}

/** Bytes that the instruction has at least, by what it says of its tables. */
@inline
function tableBytes(instruction: usize): u64 {
  let bytes = <u64>OP_SELECT_TABLES + <u64>load<u32>(instruction, OP_SELECT_BUCKETS) * SELECT_BUCKET_SIZE;
  bytes += <u64>load<u32>(instruction, OP_SELECT_FIELDS) * SELECT_FIELD_MASK;
  if (load<u32>(instruction, OP_SELECT_METHOD) == SELECT_DP_HASH) {
    bytes += (<u64>load<u32>(instruction, OP_SELECT_SLOT_MASK) + 1) << 1;
  }
  return bytes;
}

@inline
function countBucket(packet: usize, counters: usize): void {
  if (counters < ARENA_BASE || counters > ARENA_BASE + ARENA_SIZE - BUCKET_COUNTERS_SIZE) return;
  store<u64>(counters, load<u64>(counters, BUCKET_PACKETS) + 1, BUCKET_PACKETS);
  store<u64>(counters, load<u64>(counters, BUCKET_BYTES) + load<u32>(packet, PACKET_LENGTH), BUCKET_BYTES);
  store<u32>(packet, <u32>counters, PACKET_BUCKET);
}
