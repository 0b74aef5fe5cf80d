/**
 * Cuts a byte stream into the JSON objects it is made of, as they arrive: JSON-RPC 1.0 has no other framing.
 *
 * Invariants: what `push` returns is one balanced object each; whether it is JSON is for the parser to say. A stream that
 *   exceeds a limit, or has anything but white space between two objects, ends with a StreamError.
 * Cost: one look at each byte; an object that comes in many pieces is joined once, when it is whole.
 */

export interface StreamLimits {
  /** Bytes of one object. */
  readonly bytes: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
}

/** The peer does not speak JSON-RPC: nothing that follows in its stream can be trusted. */
export class StreamError extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

export class Splitter {
  readonly #limits: StreamLimits;
  /** Pieces of the object that is not whole yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** True between two objects. */
  get isIdle(): boolean {
    return this.#depth === 0;
  }

  /** The objects that these bytes complete. @throws StreamError */
  push(chunk: Buffer): string[] {
    const whole: string[] = [];
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (start < 0) {
        if (isSpace(byte)) continue;
        if (byte !== OPEN_OBJECT) throw new StreamError(`syntax error: expected "{", got byte 0x${byte.toString(16)}`);
        start = at;
      }
      if (this.#step(byte)) {
        whole.push(this.#finish(chunk.subarray(start, at + 1)));
        start = -1;
      }
    }
    if (start >= 0) this.#keep(chunk.subarray(start));
    return whole;
  }

  /** True when the byte closes the object. */
  #step(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) {
      this.#inString = true;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++this.#depth > this.#limits.depth)
        throw new StreamError(`input exceeds maximum nesting depth ${this.#limits.depth}`);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      return --this.#depth === 0;
    }
    return false;
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#limits.bytes) throw new StreamError(`input exceeds ${this.#limits.bytes} bytes`);
    this.#pieces.push(Buffer.from(piece));
  }

  #finish(last: Buffer): string {
    this.#length += last.length;
    if (this.#length > this.#limits.bytes) throw new StreamError(`input exceeds ${this.#limits.bytes} bytes`);
    const text = this.#pieces.length === 0 ? last.toString() : Buffer.concat([...this.#pieces, last]).toString();
    this.#pieces = [];
    this.#length = 0;
    return text;
  }
}
