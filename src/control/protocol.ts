/**
 * The control protocol: JSON lines over a unix stream socket.
 *
 * A client sends requests, one a line; the daemon answers them in order. Each answer is any number of `out` messages
 * (text, one or more lines) and ends with one `done` or one `error` message. A connection serves any number of requests.
 */

export interface ControlRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
}

export type OptionValue = string | number | boolean | readonly string[];

export type ControlMessage = { readonly out: string } | { readonly done: true } | { readonly error: string };

/** Bytes of one line, either way. A longer request is refused and its connection closed. */
export const LONGEST_LINE = 1 << 20;

export class LineTooLongError extends Error {}

/** Cuts a byte stream into lines; UTF-8 sequences may be torn between chunks. */
export class LineReader {
  #pieces: Buffer[] = [];
  #length = 0;

  /** The lines that `chunk` completes, without their newlines. @throws LineTooLongError past LONGEST_LINE bytes. */
  *push(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.#pieces).toString("utf8");
      this.#pieces = [];
      this.#length = 0;
      start = end + 1;
      yield line;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > LONGEST_LINE) throw new LineTooLongError(`a line is longer than ${LONGEST_LINE} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }
}

/** @throws Error with a sentence that says what is wrong with the line. */
export function parseRequest(line: string): ControlRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`the request is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("the request is not a JSON object");
  }
  const { command, arguments: words = [], options = {} } = value as Record<string, unknown>;
  if (typeof command !== "string" || command === "") throw new Error('the request has no "command"');
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
    throw new Error('"arguments" is not a list of strings');
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new Error('"options" is not an object');
  }
  return { command, arguments: words, options: options as ControlRequest["options"] };
}

/** @throws Error when the line is no message of this protocol. */
export function parseMessage(line: string): ControlMessage {
  const value = JSON.parse(line) as Record<string, unknown>;
  if (typeof value?.out === "string") return { out: value.out };
  if (typeof value?.error === "string") return { error: value.error };
  if (value?.done === true) return { done: true };
  throw new Error(`the daemon's answer was not understood: ${line.slice(0, 200)}`);
}
