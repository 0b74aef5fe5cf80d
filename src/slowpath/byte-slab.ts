/**
 * Short byte strings that are kept for long, cut from common buffers.
 *
 * What: a Uint8Array with a buffer of its own costs some 400 bytes besides its contents (two objects, an allocation of the C library
 *   and the engine's record of it); one that is a piece of a larger buffer costs 130.
 * Invariant: pieces are 8-byte aligned, so that they can be read as words.
 * Cost: a buffer lives as long as any piece of it: SLAB_BYTES for the last one, in the worst case.
 */
const SLAB_BYTES = 16 * 1024;

export class ByteSlab {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** A copy of the bytes. */
  keep(bytes: Uint8Array): Uint8Array {
    const size = (bytes.length + 7) & ~7;
    if (this.#used + size > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(Math.max(SLAB_BYTES, size));
      this.#used = 0;
    }
    const piece = new Uint8Array(this.#buffer, this.#used, bytes.length);
    piece.set(bytes);
    this.#used += size;
    return piece;
  }
}
