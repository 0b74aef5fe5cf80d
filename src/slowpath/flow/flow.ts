/**
 * What: reading and writing fields in a flow, and whole-flow operations. Wildcards and masks are flows too.
 * Invariants: a flow is FLOW_SIZE bytes and starts on a word boundary, so that `wordsOf` can view it. Nothing here touches bits
 *   of a neighbour that shares bytes with the field (vlan_pcp and dl_vlan, ip_dscp and nw_ecn).
 * Cost: numbers for fields of up to 32 bits never allocate; bigint and byte forms do.
 */
import type { Field, Subfield } from "./field.ts";
import { field } from "./fields.ts";
import { FLOW_SIZE, FLOW_WORDS } from "./flow-layout.ts";
import { PORT_MAX, PORT_OFFSET_32 } from "./port-text.ts";

export function createFlow(): Uint8Array {
  return new Uint8Array(FLOW_SIZE);
}

export function copyFlow(flow: Uint8Array): Uint8Array {
  return flow.slice();
}

const views = new WeakMap<Uint8Array, Uint32Array>();
/** The two seen last, most often a flow and its wildcards in turn: a look-up in the WeakMap costs more than one in a table. */
let recent: Uint8Array | undefined;
let recentWords: Uint32Array;
let previous: Uint8Array | undefined;
let previousWords: Uint32Array;

/** The flow as 32-bit words of the machine's order. Views are kept per flow: a lookup must not allocate. */
export function wordsOf(flow: Uint8Array): Uint32Array {
  if (flow === recent) return recentWords;
  if (flow === previous) return previousWords;
  let words = views.get(flow);
  if (!words) {
    words = new Uint32Array(flow.buffer, flow.byteOffset, FLOW_WORDS);
    views.set(flow, words);
  }
  previous = recent;
  previousWords = recentWords;
  recent = flow;
  recentWords = words;
  return words;
}

const masks = new Map<Field, Uint8Array>();
const nwTos = field("nw_tos");
export const inPortWide = field("in_port_oxm");

/** The field's bits in its bytes, as they lie in a flow: 0xe0 for vlan_pcp. Shared: do not write to it. */
export function fieldMask(target: Field): Uint8Array {
  let mask = masks.get(target);
  if (!mask) {
    mask = new Uint8Array(target.bytes);
    if (target === nwTos) mask[0] = 0xfc;
    else writeBits(mask, target.bytes, target.shift, target.bits, (1n << BigInt(target.bits)) - 1n);
    masks.set(target, mask);
  }
  return mask;
}

/** Bits `from…from+count-1` counted from the right of what ends before byte `end`; count ≤ 32. */
function readNumber(bytes: Uint8Array, end: number, from: number, count: number): number {
  if (count === 0) return 0;
  const first = end - 1 - ((from + count - 1) >> 3);
  const last = end - 1 - (from >> 3);
  let value = 0;
  for (let i = first; i <= last; i++) value = value * 256 + bytes[i];
  if (((from | count) & 7) === 0) return value;
  const shifted = Math.floor(value / 2 ** (from & 7));
  return count === 32 ? shifted % 2 ** 32 : shifted % 2 ** count;
}

function writeNumber(bytes: Uint8Array, end: number, from: number, count: number, value: number): void {
  let rest = value;
  let left = count;
  let position = from;
  while (left > 0) {
    const at = end - 1 - (position >> 3);
    const low = position & 7;
    const n = Math.min(8 - low, left);
    const ones = ((1 << n) - 1) << low;
    bytes[at] = (bytes[at] & ~ones) | (((rest % 256) << low) & ones);
    rest = Math.floor(rest / 2 ** n);
    position += n;
    left -= n;
  }
}

function readBits(bytes: Uint8Array, end: number, from: number, count: number): bigint {
  let value = 0n;
  for (let done = 0; done < count; done += 32) {
    value |= BigInt(readNumber(bytes, end, from + done, Math.min(32, count - done))) << BigInt(done);
  }
  return value;
}

function writeBits(bytes: Uint8Array, end: number, from: number, count: number, value: bigint): void {
  for (let done = 0; done < count; done += 32) {
    const part = Number((value >> BigInt(done)) & 0xffff_ffffn);
    writeNumber(bytes, end, from + done, Math.min(32, count - done), part);
  }
}

/** A field of up to 32 bits. */
export function getNumber(flow: Uint8Array, target: Field): number {
  return readNumber(flow, target.offset + target.bytes, target.shift, target.bits);
}

export function setNumber(flow: Uint8Array, target: Field, value: number): void {
  if (target === nwTos) writeNumber(flow, target.offset + 1, 2, 6, value >> 2);
  else writeNumber(flow, target.offset + target.bytes, target.shift, target.bits, value);
}

export function getBigInt(flow: Uint8Array, target: Field): bigint {
  return readBits(flow, target.offset + target.bytes, target.shift, target.bits);
}

export function setBigInt(flow: Uint8Array, target: Field, value: bigint): void {
  if (target === nwTos) setNumber(flow, target, Number(value));
  else writeBits(flow, target.offset + target.bytes, target.shift, target.bits, value);
}

/** The field's bytes as they lie in the flow, bits of neighbours cleared. */
export function getBytes(flow: Uint8Array, target: Field): Uint8Array {
  const mask = fieldMask(target);
  return flow.slice(target.offset, target.offset + target.bytes).map((byte, i) => byte & mask[i]);
}

/** Writes `value` where `mask` has ones; both lie as in the flow (`field.bytes` long). */
export function setMasked(
  flow: Uint8Array,
  target: Field,
  value: Uint8Array,
  mask: Uint8Array = fieldMask(target),
): void {
  const { offset } = target;
  for (let i = 0; i < target.bytes; i++) {
    flow[offset + i] = (flow[offset + i] & ~mask[i]) | (value[i] & mask[i]);
  }
}

/** A value of the field as a number, laid out as in a flow: for set_field values, masks, matches. */
export function bytesOfValue(target: Field, value: bigint): Uint8Array {
  const bytes = new Uint8Array(target.bytes);
  writeBits(bytes, target.bytes, target.shift, target.bits, value);
  return bytes;
}

/** The inverse of `bytesOfValue`. */
export function valueOfBytes(target: Field, bytes: Uint8Array): bigint {
  return readBits(bytes, target.bytes, target.shift, target.bits);
}

/** A subfield of up to 32 bits. */
export function getSubfieldNumber(flow: Uint8Array, part: Subfield): number {
  const { field: f } = part;
  if (f === inPortWide) return Number(BigInt.asUintN(part.bits, widePort(flow) >> BigInt(part.start)));
  return readNumber(flow, f.offset + f.bytes, f.shift + part.start, part.bits);
}

export function setSubfieldNumber(flow: Uint8Array, part: Subfield, value: number): void {
  const { field: f } = part;
  if (f === nwTos || f === inPortWide) setSubfield(flow, part, BigInt(value));
  else writeNumber(flow, f.offset + f.bytes, f.shift + part.start, part.bits, value);
}

export function getSubfield(flow: Uint8Array, part: Subfield): bigint {
  const { field: f } = part;
  if (f === inPortWide) return BigInt(getSubfieldNumber(flow, part));
  return readBits(flow, f.offset + f.bytes, f.shift + part.start, part.bits);
}

export function setSubfield(flow: Uint8Array, part: Subfield, value: bigint): void {
  const { field: f } = part;
  if (f === inPortWide) {
    setWidePort(flow, part, value);
    return;
  }
  const ecn = flow[f.offset] & 3;
  writeBits(flow, f.offset + f.bytes, f.shift + part.start, part.bits, value);
  if (f === nwTos) flow[f.offset] = (flow[f.offset] & 0xfc) | ecn;
}

/** OXM_OF_IN_PORT has 32 bits, in which reserved ports are this much higher than in the 16 that a flow has. */
function widePort(flow: Uint8Array): bigint {
  const port = getNumber(flow, inPortWide);
  return BigInt(port >= PORT_MAX ? port + PORT_OFFSET_32 : port);
}

function setWidePort(flow: Uint8Array, { start, bits }: Subfield, value: bigint): void {
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(start);
  const port = Number((widePort(flow) & ~mask) | ((value << BigInt(start)) & mask));
  setNumber(flow, inPortWide, port >= PORT_OFFSET_32 + PORT_MAX ? port - PORT_OFFSET_32 : port);
}

/** destination = source. A shorter source is extended with zeros, a longer one loses its high bits. */
export function copySubfield(flow: Uint8Array, source: Subfield, destination: Subfield): void {
  if (source.bits <= 32 && destination.bits <= 32) {
    setSubfieldNumber(flow, destination, getSubfieldNumber(flow, source));
  } else {
    setSubfield(flow, destination, getSubfield(flow, source));
  }
}

/** Marks every bit of the field as looked at. */
export function unwildcard(wildcards: Uint8Array, target: Field): void {
  const mask = fieldMask(target);
  for (let i = 0; i < mask.length; i++) wildcards[target.offset + i] |= mask[i];
}

export function unwildcardSubfield(wildcards: Uint8Array, part: Subfield): void {
  const { field: f } = part;
  const end = f.offset + f.bytes - 1;
  for (let done = 0; done < part.bits; ) {
    const position = f.shift + part.start + done;
    const low = position & 7;
    const n = Math.min(8 - low, part.bits - done);
    wildcards[end - (position >> 3)] |= ((1 << n) - 1) << low;
    done += n;
  }
}

/** Marks the `length` most significant bits of the field as looked at. */
export function unwildcardPrefix(wildcards: Uint8Array, target: Field, length: number): void {
  unwildcardBits(wildcards, target.offset, length);
}

/** Marks `length` bits from byte `offset` on. */
export function unwildcardBits(wildcards: Uint8Array, offset: number, length: number): void {
  const end = offset + (length >> 3);
  for (let i = offset; i < end; i++) wildcards[i] = 0xff;
  if (length & 7) wildcards[end] |= 0xff << (8 - (length & 7));
}

/** True when both flows have the same bits wherever `mask` has ones. */
export function equalUnder(a: Uint8Array, b: Uint8Array, mask: Uint8Array): boolean {
  const x = wordsOf(a);
  const y = wordsOf(b);
  const m = wordsOf(mask);
  for (let i = 0; i < FLOW_WORDS; i++) if ((x[i] ^ y[i]) & m[i]) return false;
  return true;
}

/** target &= mask */
export function keepUnder(target: Uint8Array, mask: Uint8Array): void {
  const t = wordsOf(target);
  const m = wordsOf(mask);
  for (let i = 0; i < FLOW_WORDS; i++) t[i] &= m[i];
}

/** target |= other */
export function mergeInto(target: Uint8Array, other: Uint8Array): void {
  const t = wordsOf(target);
  const o = wordsOf(other);
  for (let i = 0; i < FLOW_WORDS; i++) t[i] |= o[i];
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
