/** The steps of hash.ts on four states at a time, one in each lane of 32 bits: four packets cost little more than one. */

/** `hashMix` of four words. */
@inline
export function hashMix4(words: v128): v128 {
  const mixed = i32x4.mul(words, i32x4.splat(0xcc9e2d51));
  return i32x4.mul(v128.or(i32x4.shl(mixed, 15), i32x4.shr_u(mixed, 17)), i32x4.splat(0x1b873593));
}

/** `hashAddMixed` of four states. */
@inline
export function hashAddMixed4(hashes: v128, mixed: v128): v128 {
  const sum = v128.xor(hashes, mixed);
  const turned = v128.or(i32x4.shl(sum, 13), i32x4.shr_u(sum, 19));
  return i32x4.add(i32x4.add(i32x4.shl(turned, 2), turned), i32x4.splat(0xe6546b64));
}

/** `hashAdd` of four states. */
@inline
export function hashAdd4(hashes: v128, words: v128): v128 {
  return hashAddMixed4(hashes, hashMix4(words));
}

/** `hashFinish` of four states. */
@inline
export function hashFinish4(hashes: v128, length: u32): v128 {
  let mixed = v128.xor(hashes, i32x4.splat(length));
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 16)), i32x4.splat(0x85ebca6b));
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(mixed, i32x4.shr_u(mixed, 16));
}

/** `hashInt` of four values and four bases, these mixed already. */
@inline
export function hashInt4(values: v128, bases: v128): v128 {
  return hashFinish4(hashAddMixed4(hashAddMixed4(values, i32x4.splat(0)), bases), 8);
}

@inline
export function fourOf(a: u32, b: u32, c: u32, d: u32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(a), 1, b), 2, c), 3, d);
}
