/**
 * The slots in which the kernel looks up frames (layout/offload.ts): sets of two, found by a hash of addresses, ports and interface.
 *
 * Invariants: this thread alone writes slots, but for the counters. A slot is changed only while its version is 0, and gets a version
 *   it never had when it is complete: the kernel's program notices that a slot changed under its eyes.
 */
import { OFFLOAD_FACTOR, OFFLOAD_VERSION, SLOT_BYTES_0, SLOT_BYTES_14, SLOT_BYTES_2, SLOT_BYTES_22, SLOT_BYTES_26, SLOT_BYTES_30, SLOT_BYTES_6, SLOT_HASH_FACTOR, SLOT_HASH_SHIFT, SLOT_IN_IFINDEX, SLOT_SET_MASK, SLOT_SIZE, SLOT_VERSION } from "../layout/offload.ts";
import { OFFLOAD_BASE, OFFLOAD_SLOTS_BASE } from "../memory.ts";

@inline
export function slotAddress(slot: u32): usize {
  return OFFLOAD_SLOTS_BASE + <usize>slot * SLOT_SIZE;
}

/** Number of the first slot of the set for a frame's headers at an interface. */
@inline
export function setOf(headers: usize, ifindex: u32): u32 {
  let hash = load<u64>(headers, 30) + (<u64>load<u32>(headers, 26) | (<u64>ifindex << 32)) * SLOT_HASH_FACTOR;
  hash ^= hash >> 32;
  hash *= load<u64>(OFFLOAD_BASE, OFFLOAD_FACTOR);
  return <u32>(hash >> SLOT_HASH_SHIFT) & SLOT_SET_MASK;
}

@inline
export function isSlotUsed(slot: usize): bool {
  return load<u32>(slot, SLOT_VERSION) != 0;
}

/** Whether the slot at that address is for frames with these headers that come in by that interface. */
export function isSlotOf(slot: usize, headers: usize, ifindex: u32): bool {
  return (
    isSlotUsed(slot) &&
    load<u64>(slot, SLOT_BYTES_30) == load<u64>(headers, 30) &&
    load<u32>(slot, SLOT_BYTES_26) == load<u32>(headers, 26) &&
    load<u64>(slot, SLOT_BYTES_6) == load<u64>(headers, 6) &&
    load<u32>(slot, SLOT_BYTES_2) == load<u32>(headers, 2) &&
    load<u16>(slot, SLOT_BYTES_0) == load<u16>(headers, 0) &&
    load<u16>(slot, SLOT_BYTES_14) == load<u16>(headers, 14) &&
    load<u16>(slot, SLOT_BYTES_22) == load<u16>(headers, 22) &&
    load<u32>(slot, SLOT_IN_IFINDEX) == ifindex
  );
}

/** Makes an empty slot the one for such frames; it is not seen before `publishSlot`. */
export function identifySlot(slot: usize, headers: usize, ifindex: u32): void {
  store<u64>(slot, load<u64>(headers, 30), SLOT_BYTES_30);
  store<u32>(slot, load<u32>(headers, 26), SLOT_BYTES_26);
  store<u64>(slot, load<u64>(headers, 6), SLOT_BYTES_6);
  store<u32>(slot, load<u32>(headers, 2), SLOT_BYTES_2);
  store<u16>(slot, load<u16>(headers, 0), SLOT_BYTES_0);
  store<u16>(slot, load<u16>(headers, 14), SLOT_BYTES_14);
  store<u16>(slot, load<u16>(headers, 22), SLOT_BYTES_22);
  store<u32>(slot, ifindex, SLOT_IN_IFINDEX);
}

export function publishSlot(slot: usize): void {
  let version = load<u32>(OFFLOAD_BASE, OFFLOAD_VERSION) + 1;
  if (version == 0) version = 1;
  store<u32>(OFFLOAD_BASE, version, OFFLOAD_VERSION);
  atomic.store<u32>(slot, version, SLOT_VERSION);
}

/** From now on the kernel leaves such frames to us. */
@inline
export function withdrawSlot(slot: usize): void {
  atomic.store<u32>(slot, 0, SLOT_VERSION);
}
