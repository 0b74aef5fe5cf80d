/**
 * A host's device without the host: frames in batches to a packet socket, and from its ring in memory.
 *
 * Invariants: `append` and `flush` send all they are given, in order; a device that does not take a frame is asked again. Frames stay in
 *   the ring while they are looked at.
 * Cost: one system call for BATCH frames to send, none to receive.
 */
import { RING_LENGTH, RING_MAC, RING_SNAPLEN, RING_STATUS } from "../../../assembly/io/ring-layout.ts";
import { VNET_F_NEEDS_CSUM, VNET_HEADER_SIZE } from "../../../assembly/layout/packet.ts";
import { EAGAIN, ENOBUFS, SystemCallError } from "../../../src/kernel/errno.ts";
import { hostBase, mapDescriptor } from "../../../src/kernel/host-memory.ts";
import { findLink } from "../../../src/kernel/link.ts";
import { inNamespace } from "../../../src/kernel/network-namespace.ts";
import {
  bindToInterface,
  createReceiveRing,
  openPacketSocket,
  RING_FRAME_SIZE,
  takeRingDrops,
} from "../../../src/kernel/packet-socket.ts";
import { errno, sendmmsg } from "../../../src/kernel/system-calls.ts";
import { DAMAGED, inspect, RIGHT, type SegmentTemplate } from "./segment.ts";

/** Frames in a system call. */
export const BATCH = 64;
const PAGE = 64 << 10;
/** 256 frames: more than are ever under way, and they stay in the processor's cache (4 MiB cost 7 % more). */
const RING_BYTES = 512 << 10;
/** Behind the ring: virtio-net header and frame of each message, then struct mmsghdr and struct iovec of 64-bit Linux. */
const SLOT = 256;
const SLOTS = RING_BYTES;
const MESSAGE = 64;
const MESSAGES = SLOTS + BATCH * SLOT;
const VECTOR = 16;
const VECTORS = MESSAGES + BATCH * MESSAGE;
const MEMORY_BYTES = RING_BYTES + PAGE;

interface Receiver {
  /** A segment that is whole and right, at a place of the memory. */
  receive(view: DataView, at: number, now: number): void;
}

export class FrameLink {
  readonly descriptor: number;
  /** Of the device. */
  readonly mac: string;
  /** Frames with a wrong checksum. */
  damaged = 0;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #messages: number;
  #waiting = 0;
  #ringPlace = 0;

  constructor(namespace: string, device: string) {
    const pages = MEMORY_BYTES / PAGE;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#messages = hostBase(memory) + MESSAGES;
    const [descriptor, mac] = inNamespace(namespace, () => {
      const { index, mac } = findLink(device)!;
      const descriptor = openPacketSocket();
      createReceiveRing(descriptor, RING_BYTES);
      mapDescriptor(memory, 0, RING_BYTES, descriptor);
      bindToInterface(descriptor, index);
      return [descriptor, mac!];
    });
    this.descriptor = descriptor;
    this.mac = mac;
    const base = BigInt(hostBase(memory));
    for (let i = 0; i < BATCH; i++) {
      this.#view.setBigUint64(MESSAGES + i * MESSAGE + 16, base + BigInt(VECTORS + i * VECTOR), true);
      this.#view.setBigUint64(MESSAGES + i * MESSAGE + 24, 1n, true);
      this.#view.setBigUint64(VECTORS + i * VECTOR, base + BigInt(SLOTS + i * SLOT), true);
    }
  }

  readonly append = (template: SegmentTemplate, port: number, sequence: number, acknowledgement: number): void => {
    if (this.#waiting === BATCH) this.flush();
    const slot = this.#waiting++;
    const frame = SLOTS + slot * SLOT + VNET_HEADER_SIZE; // the header stays zeros: nothing is left to the device
    template.write(this.#bytes, this.#view, frame, port, sequence, acknowledgement);
    this.#words[(VECTORS + slot * VECTOR + 8) >> 2] = VNET_HEADER_SIZE + template.bytes.length;
  };

  flush(): void {
    for (let first = 0; first < this.#waiting; ) {
      const sent = sendmmsg(this.descriptor, this.#messages + first * MESSAGE, this.#waiting - first, 0);
      if (sent > 0) first += sent;
      else if (errno() !== ENOBUFS && errno() !== EAGAIN) throw new SystemCallError("sendmmsg", errno());
    }
    this.#waiting = 0;
  }

  /** Takes up to BATCH frames that have come; how many. */
  receive(receiver: Receiver, now: number): number {
    for (let count = 0; count < BATCH; count++) {
      const header = this.#ringPlace;
      if (Atomics.load(this.#words, (header + RING_STATUS) >> 2) === 0) return count;
      this.#take(header, receiver, now);
      Atomics.store(this.#words, (header + RING_STATUS) >> 2, 0);
      this.#ringPlace = (header + RING_FRAME_SIZE) % RING_BYTES;
    }
    return BATCH;
  }

  #take(header: number, receiver: Receiver, now: number): void {
    const view = this.#view;
    const at = header + view.getUint16(header + RING_MAC, true);
    const size = Math.min(this.#words[(header + RING_SNAPLEN) >> 2], this.#words[(header + RING_LENGTH) >> 2]);
    const isOpen = (view.getUint8(at - VNET_HEADER_SIZE) & VNET_F_NEEDS_CSUM) !== 0;
    const found = inspect(view, at, size, isOpen);
    if (found === RIGHT) receiver.receive(view, at, now);
    else if (found === DAMAGED) this.damaged++;
  }

  /** Frames for which the ring had no room, since the last call. */
  takeDrops(): number {
    return takeRingDrops(this.descriptor);
  }
}
