/** Windows of linear memory for packet rings: RING_BYTES each, WINDOWS_SIZE / RING_BYTES = 128 of them. */
import { WINDOWS_BASE, WINDOWS_SIZE } from "../../assembly/memory.ts";
import { mapAnonymous, mapDescriptor } from "../kernel/host-memory.ts";
import { createReceiveRing, RING_BYTES } from "../kernel/packet-socket.ts";

export class RingWindows {
  readonly #memory: WebAssembly.Memory;
  readonly #free: number[] = [];

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    for (let end = WINDOWS_BASE + WINDOWS_SIZE; end > WINDOWS_BASE; end -= RING_BYTES)
      this.#free.push(end - RING_BYTES);
  }

  /** Makes the socket's receive ring and maps it into a window; the window's linear address. */
  open(descriptor: number): number {
    const window = this.#free.pop();
    if (window === undefined) throw new Error(`no window left: ${WINDOWS_SIZE / RING_BYTES} interfaces have a ring`);
    try {
      createReceiveRing(descriptor);
      mapDescriptor(this.#memory, window, RING_BYTES, descriptor);
      return window;
    } catch (error) {
      this.#free.push(window);
      throw error;
    }
  }

  /** The worker must have passed the port's last batch: it would read zeros from here on. */
  close(window: number): void {
    mapAnonymous(this.#memory, window, RING_BYTES);
    this.#free.push(window);
  }
}
