/** Bytes for transfers: the same on every host, no two blocks alike, so that a lost, doubled or misplaced block shows. */

const BLOCK = 1 << 20;

/** `size` bytes in blocks of 1 MiB: one pseudo-random block with its number written over its start. */
export function* payload(size: number): Generator<Buffer> {
  const pattern = randomBlock();
  for (let sent = 0, number = 0; sent < size; sent += BLOCK, number++) {
    const block = Buffer.from(pattern);
    block.writeUInt32BE(number, 0);
    yield size - sent < BLOCK ? block.subarray(0, size - sent) : block;
  }
}

/** Marsaglia's xorshift32 from a fixed seed. */
function randomBlock(): Buffer {
  const words = new Uint32Array(BLOCK / 4);
  let state = 0x4d464c57;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer);
}
