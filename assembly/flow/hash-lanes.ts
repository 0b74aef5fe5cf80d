/**
 * The steps of hash.ts on four states at a time, one in each lane of 32 bits: four packets cost little more than one.
 *
 * Constants are read from memory: the engine makes a constant vector anew at every use, with three instructions, and reads it with one.
 */
import { LANE_CONSTANTS } from "./subtable-memory.ts";

const FIRST_FACTOR: usize = LANE_CONSTANTS;
const SECOND_FACTOR: usize = LANE_CONSTANTS + 16;
const INCREMENT: usize = LANE_CONSTANTS + 32;
const FIRST_FINAL_FACTOR: usize = LANE_CONSTANTS + 48;
const SECOND_FINAL_FACTOR: usize = LANE_CONSTANTS + 64;

/** Before any of the functions below is called. */
export function writeLaneConstants(): void {
  v128.store(FIRST_FACTOR, i32x4.splat(0xcc9e2d51));
  v128.store(SECOND_FACTOR, i32x4.splat(0x1b873593));
  v128.store(INCREMENT, i32x4.splat(0xe6546b64));
  v128.store(FIRST_FINAL_FACTOR, i32x4.splat(0x85ebca6b));
  v128.store(SECOND_FINAL_FACTOR, i32x4.splat(0xc2b2ae35));
}

/** `hashMix` of four words. */
@inline
export function hashMix4(words: v128): v128 {
  const mixed = i32x4.mul(words, v128.load(FIRST_FACTOR));
  return i32x4.mul(v128.or(i32x4.shl(mixed, 15), i32x4.shr_u(mixed, 17)), v128.load(SECOND_FACTOR));
}

/** `hashAddMixed` of four states. */
@inline
export function hashAddMixed4(hashes: v128, mixed: v128): v128 {
  const sum = v128.xor(hashes, mixed);
  const turned = v128.or(i32x4.shl(sum, 13), i32x4.shr_u(sum, 19));
  return i32x4.add(i32x4.add(i32x4.shl(turned, 2), turned), v128.load(INCREMENT));
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
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 16)), v128.load(FIRST_FINAL_FACTOR));
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 13)), v128.load(SECOND_FINAL_FACTOR));
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
