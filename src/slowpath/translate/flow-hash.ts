/**
 * The hashes that OpenFlow leaves to the switch, bit for bit as OVS computes them: which bucket a client gets must not
 * depend on who forwards. 32-bit words are read from bytes in little-endian order, as x86 does.
 *   murmur-like (add, finish): select groups. Jenkins' lookup3: multipath and bundle, whose results rules may rely on.
 */

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

export function hashAdd(hash: number, data: number): number {
  let h = hash;
  if (data !== 0) h ^= Math.imul(rotate(Math.imul(data, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(h, 13), 5) + 0xe6546b64) | 0;
}

export function hashFinish(hash: number, final: number): number {
  let h = hash ^ final;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hash2Words(x: number, y: number): number {
  return hashFinish(hashAdd(hashAdd(x, 0), y), 8);
}

/** hash_int */
export function hashInt(x: number, basis: number): number {
  return hash2Words(x, basis);
}

export function hashUint64(x: bigint): number {
  return hashFinish(hashAdd(hashAdd(0, Number(x & 0xffff_ffffn)), Number(x >> 32n)), 8);
}

/** Little-endian word at `i`, of as many bytes as there are before `end`. */
function wordAt(bytes: Uint8Array, i: number, end = bytes.length): number {
  let word = 0;
  for (let k = Math.min(4, end - i) - 1; k >= 0; k--) word = (word << 8) | bytes[i + k];
  return word;
}

/** Of the bytes from `start` on, before `end`. */
export function hashBytes(bytes: Uint8Array, basis: number, start = 0, end = bytes.length): number {
  let hash = basis;
  for (let i = start; i < end; i += 4) hash = hashAdd(hash, wordAt(bytes, i, end));
  return hashFinish(hash, end - start);
}

/** Jenkins' lookup3 (2006) over bytes. */
export function jenkinsHash(bytes: Uint8Array, basis: number): number {
  let a = (0xdeadbeef + bytes.length + basis) | 0;
  let b = a;
  let c = a;
  let i = 0;
  for (; bytes.length - i >= 12; i += 12) {
    a += wordAt(bytes, i);
    b += wordAt(bytes, i + 4);
    c += wordAt(bytes, i + 8);
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (i === bytes.length) return c >>> 0;
  a = (a + wordAt(bytes, i)) | 0;
  b = (b + wordAt(bytes, i + 4)) | 0;
  c = (c + wordAt(bytes, i + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}
