/**
 * Chooses the bucket of a select group for a packet, or for four packets at a time.
 *
 * What: dp_hash looks the hash up in the slot table that the program encoder made (src/fastpath/select-slots.ts: weights and
 *   dead buckets are settled there); fields gives each bucket a score and takes the highest.
 * Invariants: both agree with OVS bit by bit: the same packet of the same group goes to the same bucket.
 * Cost: a packet of four 3 ns by dp_hash, 8 ns by two fields among four buckets. The hashes are long chains of dependent steps: with a
 *   packet in each lane four of them run at once, and the buckets' scores overlap.
 */

import { hashAdd, hashMix } from "../flow/hash.ts";
import { fourOf, hashAddMixed4, hashFinish4, hashInt4, hashMix4 } from "../flow/hash-lanes.ts";
import { HASH_SYM_L4, OP_SELECT_ALG, OP_SELECT_BASIS, OP_SELECT_BUCKETS, OP_SELECT_FIELDS, OP_SELECT_METHOD, OP_SELECT_PARAM, OP_SELECT_SLOT_MASK, OP_SELECT_TABLES, SELECT_BUCKET_ID, SELECT_BUCKET_SIZE, SELECT_BUCKET_WEIGHT, SELECT_DP_HASH } from "../layout/program.ts";
import { PACKET_RSS_HASH } from "../layout/packet.ts";
import { receivedHashes } from "../packet/received-hash.ts";
import { dpHash4, neverZero } from "./dp-hash.ts";
import { fieldEntrySize, fieldsHash4 } from "./fields-hash.ts";

/** Address of the chosen bucket's entry in the instruction, 0 when no bucket lives. */
export function chooseBucket(packet: usize, instruction: usize): usize {
  return i32x4.extract_lane(chooseBuckets(instruction, packet, packet, packet, packet), 0);
}

/** The same for four packets: their buckets as four u32 at `result`. */
export function chooseFour(instruction: usize, a: usize, b: usize, c: usize, d: usize, result: usize): void {
  v128.store(result, chooseBuckets(instruction, a, b, c, d));
}

/**
 * The buckets of the packets of a list, as u32 at `chosen`, where their RSS hashes decide, which are filled in on the way; `same` says
 * which packets have the key of the packet before them. The group's own numbers are read once, and four hashes stay in one register
 * from the addresses to the slots.
 */
export function chooseReceived(instruction: usize, list: usize, end: usize, chosen: usize, same: usize): void {
  const slots = instruction + OP_SELECT_TABLES;
  const slotMask = load<u32>(instruction, OP_SELECT_SLOT_MASK);
  const count = load<u32>(instruction, OP_SELECT_BUCKETS);
  const first = behindFields(instruction, slots + ((((<usize>(slotMask + 1)) << 1) + 3) & ~3));
  const basis = i32x4.splat(hashMix(load<u32>(instruction, OP_SELECT_BASIS)));
  const mask = i32x4.splat(slotMask);
  const last = end - 4;
  for (let at = list; at < end; at += 16) {
    const place = at - list;
    const a: usize = load<u32>(at);
    const b: usize = load<u32>(min<usize>(at + 4, last));
    const c: usize = load<u32>(min<usize>(at + 8, last));
    const d: usize = load<u32>(min<usize>(at + 12, last));
    if (v128.all_true<u32>(v128.load(same + place))) {
      const hash = load<u32>(load<u32>(at - 4), PACKET_RSS_HASH);
      store<u32>(a, hash, PACKET_RSS_HASH);
      store<u32>(b, hash, PACKET_RSS_HASH);
      store<u32>(c, hash, PACKET_RSS_HASH);
      store<u32>(d, hash, PACKET_RSS_HASH);
      v128.store(chosen + place, v128.load_splat<u32>(chosen + place - 4));
      continue;
    }
    const at4 = i32x4.shl(v128.and(neverZero(hashInt4(receivedHashes(a, b, c, d), basis)), mask), 1);
    store<u32>(chosen + place, bucketOfSlot(slots + i32x4.extract_lane(at4, 0), count, first));
    store<u32>(chosen + place, bucketOfSlot(slots + i32x4.extract_lane(at4, 1), count, first), 4);
    store<u32>(chosen + place, bucketOfSlot(slots + i32x4.extract_lane(at4, 2), count, first), 8);
    store<u32>(chosen + place, bucketOfSlot(slots + i32x4.extract_lane(at4, 3), count, first), 12);
  }
}

/** Whether PACKET_RSS_HASH decides. */
@inline
export function choosesByReceivedHash(instruction: usize): bool {
  return load<u32>(instruction, OP_SELECT_METHOD) == SELECT_DP_HASH && load<u32>(instruction, OP_SELECT_ALG) != HASH_SYM_L4;
}

@inline
function chooseBuckets(instruction: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  return load<u32>(instruction, OP_SELECT_METHOD) == SELECT_DP_HASH
    ? chooseBySlot(instruction, a, b, c, d)
    : chooseByScore(instruction, a, b, c, d);
}

@inline
function chooseBySlot(instruction: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  const slots = instruction + OP_SELECT_TABLES;
  const hashes = dpHash4(a, b, c, d, load<u32>(instruction, OP_SELECT_ALG), load<u32>(instruction, OP_SELECT_BASIS));
  const slotMask = load<u32>(instruction, OP_SELECT_SLOT_MASK);
  const at = i32x4.shl(v128.and(hashes, i32x4.splat(slotMask)), 1);
  const count = load<u32>(instruction, OP_SELECT_BUCKETS);
  const first = behindFields(instruction, slots + ((((<usize>(slotMask + 1)) << 1) + 3) & ~3));
  return fourOf(
    bucketOfSlot(slots + i32x4.extract_lane(at, 0), count, first),
    bucketOfSlot(slots + i32x4.extract_lane(at, 1), count, first),
    bucketOfSlot(slots + i32x4.extract_lane(at, 2), count, first),
    bucketOfSlot(slots + i32x4.extract_lane(at, 3), count, first),
  );
}

@inline
function bucketOfSlot(slot: usize, count: u32, first: usize): u32 {
  const index: u32 = load<u16>(slot);
  return index < count ? <u32>first + index * SELECT_BUCKET_SIZE : 0;
}

/** The highest (hash of bucket id, 16 bits) * weight wins, the later one of equals; dead buckets have weight 0. */
@inline
function chooseByScore(instruction: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  const fields = instruction + OP_SELECT_TABLES;
  const fieldCount = load<u32>(instruction, OP_SELECT_FIELDS);
  const parameter = load<u64>(instruction, OP_SELECT_PARAM);
  const bases = hashMix4(fieldsHash4(a, b, c, d, parameter, fields, fieldCount));
  let bucket = behindFields(instruction, fields);
  let best = i32x4.splat(0);
  let bestScores = i32x4.splat(0);
  for (let left = load<u32>(instruction, OP_SELECT_BUCKETS); left != 0; left--) {
    const weight = load<u32>(bucket, SELECT_BUCKET_WEIGHT);
    if (weight != 0) {
      // hashInt(id, hash), whose first step has only the id in it.
      const ids = i32x4.splat(hashAdd(load<u32>(bucket, SELECT_BUCKET_ID), 0));
      const hashes = hashFinish4(hashAddMixed4(ids, bases), 8);
      const scores = i32x4.mul(v128.and(hashes, i32x4.splat(0xffff)), i32x4.splat(weight));
      best = v128.bitselect(i32x4.splat(<u32>bucket), best, i32x4.ge_u(scores, bestScores));
      bestScores = i32x4.max_u(scores, bestScores);
    }
    bucket += SELECT_BUCKET_SIZE;
  }
  return best;
}

/** Where the buckets begin, when the field entries begin at `entries`. */
@inline
function behindFields(instruction: usize, entries: usize): usize {
  let end = entries;
  for (let left = load<u32>(instruction, OP_SELECT_FIELDS); left != 0; left--) end += fieldEntrySize(end);
  return end;
}
