/**
 * Chooses the bucket of a select group for a packet.
 *
 * What: dp_hash looks the hash up in the slot table that the program encoder made (src/fastpath/select-slots.ts: weights and
 *   dead buckets are settled there); fields gives each bucket a score and takes the highest.
 * Invariants: both agree with OVS bit by bit: the same packet of the same group goes to the same bucket.
 * Cost: 5 ns by dp_hash; 28 ns by two fields among four buckets.
 */

import { hashInt } from "../flow/hash.ts";
import { OP_SELECT_ALG, OP_SELECT_BASIS, OP_SELECT_BUCKETS, OP_SELECT_FIELDS, OP_SELECT_METHOD, OP_SELECT_PARAM, OP_SELECT_SLOT_MASK, OP_SELECT_TABLES, SELECT_BUCKET_ID, SELECT_BUCKET_SIZE, SELECT_BUCKET_WEIGHT, SELECT_DP_HASH } from "../layout/program.ts";
import { dpHash } from "./dp-hash.ts";
import { fieldEntrySize, fieldsHash } from "./fields-hash.ts";

/** Address of the chosen bucket's entry in the instruction, 0 when no bucket lives. */
export function chooseBucket(packet: usize, instruction: usize): usize {
  const tables = instruction + OP_SELECT_TABLES;
  return load<u32>(instruction, OP_SELECT_METHOD) == SELECT_DP_HASH
    ? chooseBySlot(packet, instruction, tables)
    : chooseByScore(packet, instruction, tables);
}

function chooseBySlot(packet: usize, instruction: usize, slots: usize): usize {
  const hash = dpHash(packet, load<u32>(instruction, OP_SELECT_ALG), load<u32>(instruction, OP_SELECT_BASIS));
  const slotMask = load<u32>(instruction, OP_SELECT_SLOT_MASK);
  const index: u32 = load<u16>(slots + ((<usize>(hash & slotMask)) << 1));
  if (index >= load<u32>(instruction, OP_SELECT_BUCKETS)) return 0;
  let buckets = slots + ((((<usize>(slotMask + 1)) << 1) + 3) & ~3);
  for (let left = load<u32>(instruction, OP_SELECT_FIELDS); left != 0; left--) buckets += fieldEntrySize(buckets);
  return buckets + <usize>index * SELECT_BUCKET_SIZE;
}

/** The highest (hash of bucket id, 16 bits) * weight wins, the later one of equals; dead buckets have weight 0. */
function chooseByScore(packet: usize, instruction: usize, fields: usize): usize {
  const fieldCount = load<u32>(instruction, OP_SELECT_FIELDS);
  const hash = fieldsHash(packet, load<u64>(instruction, OP_SELECT_PARAM), fields, fieldCount);
  let bucket = fields;
  for (let left = fieldCount; left != 0; left--) bucket += fieldEntrySize(bucket);

  let best: usize = 0;
  let bestScore: u32 = 0;
  for (let left = load<u32>(instruction, OP_SELECT_BUCKETS); left != 0; left--) {
    const weight = load<u32>(bucket, SELECT_BUCKET_WEIGHT);
    const score = (hashInt(load<u32>(bucket, SELECT_BUCKET_ID), hash) & 0xffff) * weight;
    if (weight != 0 && score >= bestScore) {
      best = bucket;
      bestScore = score;
    }
    bucket += SELECT_BUCKET_SIZE;
  }
  return best;
}
