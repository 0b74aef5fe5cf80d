/**
 * Addresses and numbers as text in packets: read and written byte by byte, within bounds that the caller gives.
 * A reader returns the address after what it read, 0 when there is no such thing; `parseNumber` leaves its two answers
 * where `parsedNumber` and `parsedEnd` find them.
 */
import { CT_SCRATCH } from "../layout/conntrack.ts";
import { CONNTRACK_BASE } from "../memory.ts";

const NUMBER: usize = CONNTRACK_BASE + CT_SCRATCH + 32;
const COLON: u32 = 0x3a;

@inline
export function digit(at: usize): bool {
  const byte = <u32>load<u8>(at);
  return byte - 0x30 <= 9;
}

@inline
export function parsedNumber(): u32 {
  return load<u32>(NUMBER);
}

@inline
export function parsedEnd(): usize {
  return load<u32>(NUMBER, 4);
}

export function findByte(from: usize, end: usize, wanted: u32): usize {
  for (let at = from; at < end; at++) {
    if (<u32>load<u8>(at) == wanted) return at;
  }
  return 0;
}

/** A decimal number up to `most`. */
export function parseNumber(from: usize, end: usize, most: u32): bool {
  let value: u32 = 0;
  let at = from;
  while (at < end && digit(at)) {
    value = value * 10 + load<u8>(at) - 0x30;
    if (value > most) return false;
    at++;
  }
  store<u32>(NUMBER, value);
  store<u32>(NUMBER, <u32>at, 4);
  return at != from;
}

/** Four numbers with `separator` between them, into 4 bytes at `into`. */
export function parseIpv4(from: usize, end: usize, separator: u32, into: usize): usize {
  let at = from;
  for (let index: usize = 0; index < 4; index++) {
    if (index != 0) {
      if (at >= end || <u32>load<u8>(at) != separator) return 0;
      at++;
    }
    if (!parseNumber(at, end, 255)) return 0;
    store<u8>(into + index, <u8>parsedNumber());
    at = parsedEnd();
  }
  return at;
}

@inline
function hexDigit(byte: u32): i32 {
  if (byte - 0x30 <= 9) return <i32>(byte - 0x30);
  const letter = (byte | 0x20) - 0x61;
  return letter <= 5 ? <i32>letter + 10 : -1;
}

/** RFC 4291 §2.2 forms 1 and 2, into 16 bytes at `into`. Not handled: a dotted IPv4 tail. */
export function parseIpv6(from: usize, end: usize, into: usize): usize {
  memory.fill(into, 0, 16);
  let at = from;
  let groups: usize = 0;
  let gap: isize = -1;
  while (groups < 8) {
    if (at + 1 < end && load<u8>(at) == COLON && load<u8>(at, 1) == COLON) {
      if (gap >= 0) return 0;
      gap = groups;
      at += 2;
    } else if (groups != 0 && gap != <isize>groups) {
      if (at >= end || load<u8>(at) != COLON) break;
      at++;
    }
    let value: u32 = 0;
    let digits = 0;
    while (at < end && digits < 4) {
      const nibble = hexDigit(load<u8>(at));
      if (nibble < 0) break;
      value = (value << 4) | <u32>nibble;
      digits++;
      at++;
    }
    if (digits == 0) {
      if (gap == <isize>groups) break;
      return 0;
    }
    store<u16>(into + groups * 2, bswap<u16>(<u16>value));
    groups++;
  }
  if (gap < 0) return groups == 8 ? at : 0;
  if (groups == 8) return 0;
  const tail = groups - <usize>gap;
  memory.copy(into + 16 - tail * 2, into + <usize>gap * 2, tail * 2);
  memory.fill(into + <usize>gap * 2, 0, (8 - groups) * 2);
  return at;
}

/** Writes a number up to 255 in decimal; the address after it. */
function writeNumber(value: u32, into: usize): usize {
  let at = into;
  if (value >= 100) store<u8>(at++, <u8>(0x30 + value / 100));
  if (value >= 10) store<u8>(at++, <u8>(0x30 + (value / 10) % 10));
  store<u8>(at++, <u8>(0x30 + value % 10));
  return at;
}

export function writeIpv4(address: usize, separator: u32, into: usize): usize {
  let at = into;
  for (let index: usize = 0; index < 4; index++) {
    if (index != 0) store<u8>(at++, <u8>separator);
    at = writeNumber(load<u8>(address + index), at);
  }
  return at;
}

/** Eight groups without leading zeros and without "::". */
export function writeIpv6(address: usize, into: usize): usize {
  let at = into;
  for (let index: usize = 0; index < 8; index++) {
    if (index != 0) store<u8>(at++, <u8>COLON);
    const group = <u32>bswap<u16>(load<u16>(address + index * 2));
    let shift: i32 = 12;
    while (shift > 0 && group >> shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) {
      const nibble = (group >> shift) & 15;
      store<u8>(at++, <u8>(nibble < 10 ? 0x30 + nibble : 0x57 + nibble));
    }
  }
  return at;
}
