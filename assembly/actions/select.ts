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
import { plainPort, transmitAll } from "../io/transmit.ts";
import { hashOne } from "../packet/received-hash.ts";
import { chooseBucket, choosesByReceivedHash } from "../select/select.ts";
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
 * may want it.
 */
function runBucket(packet: usize, bucket: usize, instruction: usize, length: u32, nesting: u32, hashed: bool): void {
  if (bucket == 0) return drop(packet, DROP_NO_BUCKET);
  if (bucket + SELECT_BUCKET_SIZE > instruction + length) return drop(packet, DROP_BAD_PROGRAM);
  const offset = load<u32>(bucket, SELECT_BUCKET_PROGRAM);
  const bytes = load<u32>(bucket, SELECT_BUCKET_PROGRAM_BYTES);
  if (<u64>offset + bytes > length) return drop(packet, DROP_BAD_PROGRAM);
  countBucket(packet, load<u32>(bucket, SELECT_BUCKET_COUNTERS));
  if (!hashed) hashOne(packet);
  execute(packet, instruction + offset, instruction + offset + bytes, nesting + 1);
}

/**
 * Gives the packets of a list to the buckets chosen for them. `same`: for each, whether it has the key of the packet before it, and hence
 * its bucket: such bursts are counted together. A bucket that is an output to a port where nothing stands in the way needs no
 * interpreter: such packets in a row are queued together. `instruction` stands alone in its program and `hasTables`.
 */
export function runBuckets(list: usize, end: usize, chosen: usize, same: usize, instruction: usize, length: u32): void {
  let first = list; // of the packets that wait to go out by `port`
  let port: usize = 0;
  let next: usize = 0;
  for (let at = list; at < end; at = next) {
    next = at + 4;
    while (next < end && load<u32>(next - list + same) != 0) next += 4;
    const bucket: usize = load<u32>(at - list + chosen);
    const wanted = bucketPort(bucket, instruction, length);
    if (wanted != port) {
      if (port != 0) transmitAll(first, at, port);
      port = wanted;
      first = at;
    }
    if (wanted != 0) countBurst(at, next, load<u32>(bucket, SELECT_BUCKET_COUNTERS));
    else runBucketOnEach(at, next, bucket, instruction, length);
  }
  if (port != 0) transmitAll(first, end, port);
}

function runBucketOnEach(list: usize, end: usize, bucket: usize, instruction: usize, length: u32): void {
  const hashed = choosesByReceivedHash(instruction);
  for (let at = list; at < end; at += 4) runBucket(load<u32>(at), bucket, instruction, length, 0, hashed);
}

/** Record of the port when the bucket is one output and nothing else, to a `plainPort`; else 0. */
@inline
function bucketPort(bucket: usize, instruction: usize, length: u32): usize {
  if (bucket == 0 || bucket + SELECT_BUCKET_SIZE > instruction + length) return 0;
  const offset = load<u32>(bucket, SELECT_BUCKET_PROGRAM);
  const bytes = load<u32>(bucket, SELECT_BUCKET_PROGRAM_BYTES);
  if (<u64>offset + bytes > length || !isOutput(instruction + offset, bytes)) return 0;
  return plainPort(outputPort(instruction + offset));
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
  if (!areCounters(counters)) return;
  store<u32>(packet, <u32>counters, PACKET_BUCKET);
  addToBucket(counters, 1, load<u32>(packet, PACKET_LENGTH));
}

/** The same for the packets of a list. */
@inline
function countBurst(list: usize, end: usize, counters: usize): void {
  if (!areCounters(counters)) return;
  let bytes: u64 = 0;
  for (let at = list; at < end; at += 4) {
    const packet: usize = load<u32>(at);
    store<u32>(packet, <u32>counters, PACKET_BUCKET);
    bytes += load<u32>(packet, PACKET_LENGTH);
  }
  addToBucket(counters, (end - list) >> 2, bytes);
}

@inline
function areCounters(counters: usize): bool {
  return counters >= ARENA_BASE && counters <= ARENA_BASE + ARENA_SIZE - BUCKET_COUNTERS_SIZE;
}

@inline
function addToBucket(counters: usize, packets: u64, bytes: u64): void {
  store<u64>(counters, load<u64>(counters, BUCKET_PACKETS) + packets, BUCKET_PACKETS);
  store<u64>(counters, load<u64>(counters, BUCKET_BYTES) + bytes, BUCKET_BYTES);
}
