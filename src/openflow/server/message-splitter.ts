/** Cuts a stream of bytes into OpenFlow messages by their length fields. */
import { HEADER_BYTES } from "../messages/frame.ts";

export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Messages complete by now. A message has at most 64 kB, and so has what is kept.
   * @throws RangeError when the stream cannot be cut any more: a message that is shorter than its header.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEADER_BYTES) {
      const length = bytes.readUInt16BE(2);
      if (length < HEADER_BYTES) throw new RangeError(`received a message of ${length} bytes`);
      if (bytes.length < length) break;
      yield new Uint8Array(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }
}
