/**
 * The 32-bit words of bytes that are asked for many times in a row: to make a view costs more than most of what is done with it.
 *
 * Invariant: bytes that do not start on a word are copied, each time.
 */
export class WordView {
  #bytes: Uint8Array = new Uint8Array();
  #words: Uint32Array = new Uint32Array();

  /** Valid until the next call, for as many whole words as there are. */
  of(bytes: Uint8Array): Uint32Array {
    if (bytes === this.#bytes) return this.#words;
    const isAligned = bytes.byteOffset % 4 === 0;
    const { buffer, byteOffset, byteLength } = isAligned ? bytes : bytes.slice();
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.#bytes = isAligned ? bytes : new Uint8Array();
    return this.#words;
  }
}
