/** Masked values: bits of `before` outside the mask stay. */

@inline
export function masked8(before: u8, value: u8, mask: u8): u8 {
  return (before & ~mask) | (value & mask);
}

@inline
export function masked16(before: u16, value: u16, mask: u16): u16 {
  return (before & ~mask) | (value & mask);
}

@inline
export function masked32(before: u32, value: u32, mask: u32): u32 {
  return (before & ~mask) | (value & mask);
}

@inline
export function masked64(before: u64, value: u64, mask: u64): u64 {
  return (before & ~mask) | (value & mask);
}
