/**
 * Windows of linear memory for rings that the kernel maps: packet sockets' and AF_XDP's.
 *
 * What: a ring is memory that the kernel takes at once and keeps, so the first ports have long ones, and the more there are the shorter
 *   they get: a host with hundreds of ports has hundreds of quiet ones. Every port that there can be has a window.
 * Cost: 8 MiB for each of the first 16 ports, 2 MiB for each of the next 48, 512 KiB (256 frames) for every other one: 442 MiB of
 *   RAM for 500 ports.
 */
import { MAX_PORTS } from "../../assembly/layout/limits.ts";
import { WINDOWS_BASE, WINDOWS_SIZE } from "../../assembly/memory.ts";
import { mapAnonymous, mapDescriptor } from "../kernel/host-memory.ts";
import { createReceiveRing } from "../kernel/packet-socket.ts";
import { openXdpSocket } from "../kernel/xdp-socket.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES: readonly { readonly bytes: number; readonly count: number }[] = [
  { bytes: 8 * MIB, count: 16 },
  { bytes: 2 * MIB, count: 48 },
  { bytes: 512 * KIB, count: MAX_PORTS - 64 },
];

export interface RingWindow {
  /** In linear memory. */
  readonly address: number;
  readonly bytes: number;
}

/** As many ports as there are windows have one. */
export class NoWindowError extends Error {}

export class RingWindows {
  readonly #memory: WebAssembly.Memory;
  /** Those of each size, the largest first. */
  readonly #free: readonly RingWindow[][];

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    let next = WINDOWS_BASE;
    this.#free = SIZES.map(({ bytes, count }) => {
      const first = next;
      next += bytes * count;
      return Array.from({ length: count }, (_, i) => ({ address: first + (count - 1 - i) * bytes, bytes }));
    });
    if (next > WINDOWS_BASE + WINDOWS_SIZE) throw new Error("the windows do not fit into their region");
  }

  /** Makes the packet socket's receive ring and maps it into a window, the largest there is. */
  open(descriptor: number): RingWindow {
    const window = this.#free.find((windows) => windows.length > 0)?.pop();
    if (window === undefined) throw new NoWindowError(`no window left: ${MAX_PORTS} interfaces have a ring`);
    return this.#use(window, () => {
      createReceiveRing(descriptor, window.bytes);
      mapDescriptor(this.#memory, window.address, window.bytes, descriptor);
      return window;
    });
  }

  /** An AF_XDP socket on the interface with all of its memory in one of the largest windows. */
  openXdp(index: number): { readonly descriptor: number; readonly window: RingWindow } {
    const [{ bytes, count }] = SIZES;
    const window = this.#free[0].pop();
    if (window === undefined) {
      throw new NoWindowError(`an AF_XDP port takes one of ${count} windows of ${bytes / MIB} MiB, and none is left`);
    }
    return this.#use(window, () => ({ descriptor: openXdpSocket(this.#memory, window.address, index), window }));
  }

  #use<Result>(window: RingWindow, map: () => Result): Result {
    try {
      return map();
    } catch (error) {
      this.close(window); // what is mapped of it is not known
      throw error;
    }
  }

  /** The worker must have passed the port's last batch: it would read zeros from here on. */
  close(window: RingWindow): void {
    mapAnonymous(this.#memory, window.address, window.bytes);
    this.#giveBack(window);
  }

  #giveBack(window: RingWindow): void {
    this.#free[SIZES.findIndex(({ bytes }) => bytes === window.bytes)].push(window);
  }
}
