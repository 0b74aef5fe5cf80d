/**
 * Frames of TAP devices: into the receive buffers, and out of the transmit queues. A TAP knows no call for many frames: they go by one
 * call each (tap-calls.ts), or, where the kernel has io_uring for us, many in one (tap-ring.ts).
 *
 * Invariants: frames lie in the buffers in the order in which they came, without a gap, each behind its virtio-net header.
 */
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { BUFFER_LENGTH } from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, IO_BASE } from "../../assembly/memory.ts";

export interface TapExchange {
  /** Reads up to RECEIVE_BUFFERS frames into the receive buffers; how many came. */
  read(port: number, descriptor: number): number;
  /** Writes a port's queue of `count` messages at `messages`, their vectors at `vectors`: linear addresses. */
  write(port: number, descriptor: number, messages: number, vectors: number, count: number): void;
}

/** Who hears what became of frames. */
export interface TapReports {
  /** Of a port's queue `count` messages from `first` on went out. */
  sent(port: number, first: number, count: number): void;
  /** `count` of its frames are dropped: the kernel refused them with error `number`. */
  refused(port: number, count: number, number: number): void;
  /** Reading ended with error `number`, EAGAIN when there was no more. */
  ended(port: number, number: number): void;
}

/** A receive buffer's part that the kernel fills: virtio-net header, then the frame. */
const FILL_OFFSET = PACKET_MIN_HEADROOM - VNET_HEADER_SIZE;
export const FILL_SIZE = BUFFER_SIZE - FILL_OFFSET;

/** Linear address of what the kernel fills of receive buffer `n`; index of the word that has its frame's length. */
export const fillOf = (n: number): number => BUFFERS_BASE + n * BUFFER_SIZE + FILL_OFFSET;
export const lengthIndex = (n: number): number => (BUFFERS_BASE + n * BUFFER_SIZE + BUFFER_LENGTH) >> 2;

/** struct mmsghdr and struct iovec of a transmit queue: two vectors for each message (assembly/io/queue.ts). */
export const MESSAGE_SIZE = 64;
export const MESSAGE_VECTOR_COUNT = 24;
export const VECTOR_SIZE = 16;

export const vectorsOf = (vectors: number, message: number): number => vectors + message * 2 * VECTOR_SIZE;
export const vectorCountIndex = (messages: number, message: number): number =>
  (messages + message * MESSAGE_SIZE + MESSAGE_VECTOR_COUNT) >> 2;

/** Three pages of the worker's, for an io_uring. */
export const TAP_RING = IO_BASE + (512 << 10);
