/** selection_method=hash: the fields that a controller named, masked, one after the other. */

import { hashUint64 } from "../flow/hash.ts";
import { fourOf, hashAdd4, hashFinish4 } from "../flow/hash-lanes.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { SELECT_FIELD_BYTES, SELECT_FIELD_MASK, SELECT_FIELD_OFFSET } from "../layout/program.ts";

/** Bytes of a field entry: header, and mask padded to a multiple of 4. */
@inline
export function fieldEntrySize(entry: usize): usize {
  return <usize>SELECT_FIELD_MASK + ((<usize>load<u16>(entry, SELECT_FIELD_BYTES) + 3) & ~3);
}

/** Hashes of four packets over `fields` entries at `entries`; `parameter` is the group's selection_method_param. */
@inline
export function fieldsHash4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  parameter: u64,
  entries: usize,
  fields: u32,
): v128 {
  const keyA: usize = load<u32>(a, PACKET_KEY);
  const keyB: usize = load<u32>(b, PACKET_KEY);
  const keyC: usize = load<u32>(c, PACKET_KEY);
  const keyD: usize = load<u32>(d, PACKET_KEY);
  let hashes = i32x4.splat(hashUint64(parameter));
  let entry = entries;
  for (let field: u32 = 0; field < fields; field++) {
    const length: u32 = load<u16>(entry, SELECT_FIELD_BYTES);
    const offset: usize = load<u16>(entry, SELECT_FIELD_OFFSET);
    const masks = entry + SELECT_FIELD_MASK;
    // `hashBytes` under the mask: whole words, then the rest zero-padded.
    for (let at: u32 = 0; at < length; at += 4) {
      const place = offset + at;
      const left = length - at;
      const mask = load<u32>(masks + at) & (left < 4 ? (1 << (left << 3)) - 1 : u32.MAX_VALUE);
      const words = fourOf(load<u32>(keyA + place), load<u32>(keyB + place), load<u32>(keyC + place), load<u32>(keyD + place));
      hashes = hashAdd4(hashes, v128.and(words, i32x4.splat(mask)));
    }
    hashes = hashFinish4(hashes, length);
    entry += fieldEntrySize(entry);
  }
  return hashes;
}
