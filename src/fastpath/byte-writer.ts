/** A growing little-endian byte buffer with places to fill in later. One is kept and reused: encoding allocates nothing. */
export class ByteWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The buffer, of which the first `length` bytes count. Another one may take its place when more is written. */
  get buffer(): Uint8Array {
    return this.#bytes;
  }

  clear(): void {
    this.#length = 0;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  /** In network byte order. */
  be16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, false);
  }

  /** In network byte order. */
  be32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, false);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  zeros(count: number): void {
    const at = this.#reserve(count);
    this.#bytes.fill(0, at, at + count);
  }

  /** Zeros up to a multiple of `size`, counted from `start`. */
  align(size: number, start = 0): void {
    this.zeros((size - ((this.#length - start) % size)) % size);
  }

  patch32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** May replace the buffer: to be called before it is looked at. */
  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(this.#length)));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
