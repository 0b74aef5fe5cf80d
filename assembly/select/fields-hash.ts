/** selection_method=hash: the fields that a controller named, masked, one after the other. */

import { hashAdd, hashFinish, hashUint64 } from "../flow/hash.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { SELECT_FIELD_BYTES, SELECT_FIELD_MASK, SELECT_FIELD_OFFSET } from "../layout/program.ts";

/** Bytes of a field entry: header, and mask padded to a multiple of 4. */
@inline
export function fieldEntrySize(entry: usize): usize {
  return <usize>SELECT_FIELD_MASK + ((<usize>load<u16>(entry, SELECT_FIELD_BYTES) + 3) & ~3);
}

/** Hash over `fields` entries at `entries`; `parameter` is the group's selection_method_param. */
export function fieldsHash(packet: usize, parameter: u64, entries: usize, fields: u32): u32 {
  const key: usize = load<u32>(packet, PACKET_KEY);
  let hash = hashUint64(parameter);
  let entry = entries;
  for (let field: u32 = 0; field < fields; field++) {
    const length: u32 = load<u16>(entry, SELECT_FIELD_BYTES);
    hash = hashMasked(key + load<u16>(entry, SELECT_FIELD_OFFSET), entry + SELECT_FIELD_MASK, length, hash);
    entry += fieldEntrySize(entry);
  }
  return hash;
}

/** `hashBytes` of `length` bytes at `value` under the mask at `mask`, without a copy. */
function hashMasked(value: usize, mask: usize, length: u32, basis: u32): u32 {
  let hash = basis;
  let at: u32 = 0;
  for (; at + 4 <= length; at += 4) hash = hashAdd(hash, load<u32>(value + at) & load<u32>(mask + at));
  if (at < length) {
    let last: u32 = 0;
    for (let shift: u32 = 0; at < length; at++, shift += 8) {
      last |= (<u32>(load<u8>(value + at) & load<u8>(mask + at))) << shift;
    }
    hash = hashAdd(hash, last);
  }
  return hashFinish(hash, length);
}
