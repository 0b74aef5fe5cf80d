/** Frames of TAP devices by a system call each. */
import { RECEIVE_BUFFERS } from "../../assembly/layout/limits.ts";
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { EINTR, isHopeless } from "../kernel/errno.ts";
import { hostBase } from "../kernel/host-memory.ts";
import { errno, read, writev } from "../kernel/system-calls.ts";
import {
  FILL_SIZE,
  fillOf,
  lengthIndex,
  type TapExchange,
  type TapReports,
  vectorCountIndex,
  vectorsOf,
} from "./tap-exchange.ts";

export class TapCalls implements TapExchange {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #reports: TapReports;

  constructor(memory: WebAssembly.Memory, reports: TapReports) {
    this.#words = new Int32Array(memory.buffer);
    this.#base = hostBase(memory);
    this.#reports = reports;
  }

  read(port: number, descriptor: number): number {
    for (let count = 0; count < RECEIVE_BUFFERS; count++) {
      const length = read(descriptor, this.#base + fillOf(count), FILL_SIZE);
      if (length < VNET_HEADER_SIZE) {
        if (length < 0) this.#reports.ended(port, errno());
        return count;
      }
      this.#words[lengthIndex(count)] = length - VNET_HEADER_SIZE;
    }
    return RECEIVE_BUFFERS;
  }

  write(port: number, descriptor: number, messages: number, vectors: number, count: number): void {
    const words = this.#words;
    let sent = 0; // of those before `i`, not reported yet
    for (let i = 0; i < count; ) {
      const pieces = words[vectorCountIndex(messages, i)]!;
      if (writev(descriptor, this.#base + vectorsOf(vectors, i), pieces) >= 0) {
        sent++;
        i++;
        continue;
      }
      const number = errno();
      if (number === EINTR) continue;
      if (sent > 0) this.#reports.sent(port, i - sent, sent);
      sent = 0;
      const refused = isHopeless(number) ? count - i : 1;
      this.#reports.refused(port, refused, number);
      i += refused;
    }
    if (sent > 0) this.#reports.sent(port, count - sent, sent);
  }
}
