/**
 * COMMAND_EXECUTE: a program and a frame for the fast path, with what it knew of the packet when it came up.
 *
 * Cost: ~0.3 µs for a short frame. Short runs are copied word by word: `set` on shared memory takes longer to begin.
 */
import {
  COMMAND_EXECUTE,
  COMMAND_EXECUTE_BODY,
  COMMAND_EXECUTE_BUCKET,
  COMMAND_EXECUTE_CONNECTION,
  COMMAND_EXECUTE_DEPTH,
  COMMAND_EXECUTE_FLAGS,
  COMMAND_EXECUTE_IN_PORT,
  COMMAND_EXECUTE_KEY,
  COMMAND_EXECUTE_LENGTH,
  COMMAND_EXECUTE_PROGRAM_LENGTH,
  COMMAND_EXECUTE_RSS_HASH,
  COMMAND_EXECUTE_VNET,
} from "../../assembly/layout/command.ts";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { UPCALL_FRAME, UPCALL_VNET } from "../../assembly/layout/upcall.ts";
import type { CommandRing } from "./command-ring.ts";
import type { ExecuteRequest, Upcall } from "./datapath.ts";
import { sharedProgram } from "./program.ts";
import { RingUpcall } from "./upcall-ring.ts";
import { WordView } from "./word-view.ts";

const KEY_GIVEN = 1;
/** Bytes up to which frames and programs are copied by words. */
const SHORT = 256;

export class Execution {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #commands: CommandRing;
  readonly #keyWords = new WordView();

  constructor(memory: WebAssembly.Memory, commands: CommandRing) {
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#commands = commands;
  }

  send(request: ExecuteRequest): void {
    const { inPort, actions, upcall } = request;
    const frame = request.frame ?? upcall!;
    const { buffer: program, length: programLength } = sharedProgram(actions);
    const frameAt = COMMAND_EXECUTE_BODY + ((programLength + 7) & ~7) + PACKET_MIN_HEADROOM;
    const size = frameAt + frame.length;
    const command = this.#commands.begin(COMMAND_EXECUTE, size);
    const words = this.#words;
    const first = command >> 2;
    words.fill(0, (command + COMMAND_EXECUTE_IN_PORT) >> 2, (command + COMMAND_EXECUTE_KEY) >> 2);
    words[first + IN_PORT] = inPort;
    words[first + PROGRAM_LENGTH] = programLength;
    words[first + LENGTH] = frame.length;
    this.#copyProgram(program, programLength, command + COMMAND_EXECUTE_BODY);
    if (upcall !== undefined) this.#copyContext(upcall, command);
    if (frame instanceof RingUpcall) {
      this.#copyFromRing(frame, command, command + frameAt);
    } else {
      const bytes = frame instanceof Uint8Array ? frame : frame.frame;
      const vnet = frame instanceof Uint8Array ? request.vnet : frame.vnet;
      this.#bytes.set(bytes, command + frameAt);
      if (vnet) this.#bytes.set(vnet.subarray(0, VNET_HEADER_SIZE), command + COMMAND_EXECUTE_VNET);
    }
    this.#commands.end(size);
  }

  #copyProgram(program: Uint8Array, length: number, to: number): void {
    const bytes = this.#bytes;
    if (length > SHORT) bytes.set(program.subarray(0, length), to);
    else for (let i = 0; i < length; i++) bytes[to + i] = program[i];
  }

  /** What the fast path knew of the packet. */
  #copyContext({ depth, rssHash, connection, bucket, key }: Upcall, command: number): void {
    const words = this.#words;
    const first = command >> 2;
    words[first + FLAGS] = KEY_GIVEN;
    words[first + DEPTH] = depth;
    words[first + RSS_HASH] = rssHash;
    words[first + CONNECTION] = connection;
    words[first + BUCKET] = bucket;
    const keyWords = this.#keyWords.of(key);
    const to = (command + COMMAND_EXECUTE_KEY) >> 2;
    for (let i = 0; i < KEY_WORDS32; i++) words[to + i] = keyWords[i];
  }

  /** Frame and offload metadata. Both records end on eight bytes: whole words may be copied. */
  #copyFromRing({ address, length }: RingUpcall, command: number, to: number): void {
    const from = address + UPCALL_FRAME;
    const words = this.#words;
    if (length > SHORT) this.#bytes.copyWithin(to, from, from + length);
    else for (let i = 0; i < length; i += 4) words[(to + i) >> 2] = words[(from + i) >> 2];
    const vnet = address + UPCALL_VNET;
    for (let i = 0; i < VNET_HEADER_SIZE; i++) {
      this.#bytes[command + COMMAND_EXECUTE_VNET + i] = this.#bytes[vnet + i];
    }
  }
}

/** Places in the command, in 32-bit words. */
const IN_PORT = COMMAND_EXECUTE_IN_PORT >> 2;
const PROGRAM_LENGTH = COMMAND_EXECUTE_PROGRAM_LENGTH >> 2;
const LENGTH = COMMAND_EXECUTE_LENGTH >> 2;
const FLAGS = COMMAND_EXECUTE_FLAGS >> 2;
const DEPTH = COMMAND_EXECUTE_DEPTH >> 2;
const RSS_HASH = COMMAND_EXECUTE_RSS_HASH >> 2;
const CONNECTION = COMMAND_EXECUTE_CONNECTION >> 2;
const BUCKET = COMMAND_EXECUTE_BUCKET >> 2;
const KEY_WORDS32 = KEY_SIZE >> 2;
