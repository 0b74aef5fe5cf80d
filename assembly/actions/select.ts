/**
 * OP_SELECT: one bucket of a group, chosen and run in the same pass.
 *
 * What: without recirculation and without a megaflow for each hash value, which is what OVS's `hash` + `recirc` costs.
 *   Whether the packet itself may run the bucket is seen from where the instruction stands.
 * Invariants: tables and programs lie inside the instruction and counters inside the arena, whatever the bytes say.
 *   PACKET_BUCKET stays set in later passes: the connection that a bucket leads to is committed there or here.
 */
import { drop } from "../counters.ts";
import { DROP_BAD_PROGRAM, DROP_NO_BUCKET } from "../layout/counter.ts";
import { PACKET_BUCKET, PACKET_LENGTH } from "../layout/packet.ts";
import { BUCKET_BYTES, BUCKET_COUNTERS_SIZE, BUCKET_PACKETS, OP_LENGTH, OP_SELECT, OP_SELECT_BUCKETS, OP_SELECT_FIELDS, OP_SELECT_METHOD, OP_SELECT_SLOT_MASK, OP_SELECT_TABLES, SELECT_BUCKET_COUNTERS, SELECT_BUCKET_PROGRAM, SELECT_BUCKET_PROGRAM_BYTES, SELECT_BUCKET_SIZE, SELECT_DP_HASH, SELECT_FIELD_MASK } from "../layout/program.ts";
import { ARENA_BASE, ARENA_SIZE } from "../memory.ts";
import { plainPort, transmit, transmitPlain } from "../io/transmit.ts";
import { hashOne } from "../packet/received-hash.ts";
import { chooseBucket } from "../select/select.ts";
import { execute } from "./execute.ts";
import { handOver } from "./hand-over.ts";
import { isOutput, outputPort } from "./output.ts";

export function select(packet: usize, instruction: usize, length: u32, last: bool, nesting: u32): void {
  const own = handOver(packet, last);
  if (own == 0) return;
  if (!hasTables(instruction, length)) return drop(own, DROP_BAD_PROGRAM);
  runBucket(own, chooseBucket(own, instruction), instruction, length, nesting, true);
}

/** Whether a program of `bytes` is one select and nothing else, tables and all: then `runBucket` needs no interpreter. */
@inline
export function isSelect(program: usize, bytes: u32): bool {
  if (bytes < <u32>OP_SELECT_TABLES || load<u16>(program) != OP_SELECT || load<u32>(program, OP_LENGTH) != bytes) return false;
  return hasTables(program, bytes);
}

/**
 * Gives the packet to the bucket that was chosen for it, 0 = none. The instruction `hasTables`. `hashed`: the RSS hash is there; a bucket
 * that is more than an output may want it.
 */
@inline
export function runBucket(
  packet: usize,
  bucket: usize,
  instruction: usize,
  length: u32,
  nesting: u32,
  hashed: bool,
): void {
  if (bucket == 0) return drop(packet, DROP_NO_BUCKET);
  if (bucket + SELECT_BUCKET_SIZE > instruction + length) return drop(packet, DROP_BAD_PROGRAM);
  const offset = load<u32>(bucket, SELECT_BUCKET_PROGRAM);
  const bytes = load<u32>(bucket, SELECT_BUCKET_PROGRAM_BYTES);
  if (<u64>offset + bytes > length) return drop(packet, DROP_BAD_PROGRAM);
  countBucket(packet, load<u32>(bucket, SELECT_BUCKET_COUNTERS));
  const program = instruction + offset;
  if (!isOutput(program, bytes)) {
    if (!hashed) hashOne(packet);
    return execute(packet, program, program + bytes, nesting + 1);
  }
  const port = plainPort(outputPort(program));
  if (port == 0 || !transmitPlain(packet, port)) transmit(packet, outputPort(program));
}

@inline
function hasTables(instruction: usize, length: u32): bool {
  return tableBytes(instruction) <= length;
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
