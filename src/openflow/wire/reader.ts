/**
 * Reads a message, or a part of one, in network byte order.
 *
 * Invariants: nothing outside the part is ever read; running over its end is an OpenFlowError with the code given for it
 *   (OFPBRC_BAD_LEN for messages, OFPBAC_BAD_LEN inside actions, …).
 */
import { type ErrorCode, OpenFlowError } from "./errors.ts";

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #lengthCode: ErrorCode;
  #at: number;

  constructor(bytes: Uint8Array, lengthCode: ErrorCode = "OFPBRC_BAD_LEN") {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#end = bytes.length;
    this.#lengthCode = lengthCode;
    this.#at = 0;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  get isEmpty(): boolean {
    return this.#at === this.#end;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8));
  }

  /** A view of the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** Padding that must be zero. */
  zeros(count: number, code: ErrorCode): void {
    if (this.bytes(count).some((byte) => byte !== 0)) throw new OpenFlowError(code, "padding is not zero");
  }

  /** The next u16 without taking it. */
  peekU16(offset = 0): number {
    if (this.remaining < offset + 2) this.#overrun(offset + 2);
    return this.#view.getUint16(this.#at + offset);
  }

  /** The next bytes as a part of their own. */
  part(count: number, lengthCode: ErrorCode = this.#lengthCode): Reader {
    if (count < 0 || count > this.remaining) {
      throw new OpenFlowError(lengthCode, `${count} bytes are announced, ${this.remaining} are there`);
    }
    return new Reader(this.bytes(count), lengthCode);
  }

  #advance(count: number): number {
    if (count > this.remaining || count < 0) this.#overrun(count);
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #overrun(count: number): never {
    throw new OpenFlowError(this.#lengthCode, `${count} bytes are needed, ${this.remaining} are left`);
  }
}
