/**
 * Frames to an AF_XDP port: from its transmit queue to the transmit ring.
 *
 * What: frames are copied into chunks of the port's own, because those they lie in belong to other ports, which take them back after
 *   the batch; the kernel says on the completion ring which chunks are free again. A frame is counted when the kernel has taken it
 *   off the ring (`countTakenXdp`), not when it is put there.
 * Invariants: the kernel looks at the transmit ring during our calls only (copy mode). Once it has looked, what it left there is its:
 *   it remembers how far the ring was filled. The completion ring has room for every chunk there is.
 * Cost: ~15 ns for a short frame, ~70 for 1500 bytes.
 */
import { CONTROL_HOST_BASE } from "../layout/control.ts";
import { DROP_TX_FULL } from "../layout/counter.ts";
import { PORT_TX_BYTES, PORT_TX_COUNT, PORT_TX_DROPPED, PORT_TX_PACKETS, PORT_TX_VECTORS, PORT_WINDOW } from "../layout/port.ts";
import { XDP_COMPLETION_CONSUMER, XDP_COMPLETION_DESCRIPTORS, XDP_COMPLETION_PRODUCER, XDP_DESCRIPTOR_LENGTH, XDP_DESCRIPTOR_SIZE, XDP_FRAMES, XDP_FREE_CHUNKS, XDP_FREE_COUNT, XDP_TAKEN, XDP_TRANSMIT_CONSUMER, XDP_TRANSMIT_DESCRIPTORS, XDP_TRANSMIT_ENTRIES, XDP_TRANSMIT_PRODUCER } from "../layout/xdp.ts";
import { drop } from "../counters.ts";
import { CONTROL_BASE } from "../memory.ts";
import { VECTOR_LENGTH, VECTOR_SIZE } from "./message-layout.ts";
import { countPort, portRecord } from "./port-record.ts";

/** Puts the port's queue on its ring, as far as there are free chunks; how many frames that were. */
export function submitXdp(port: u32): u32 {
  const record = portRecord(port);
  const window: usize = load<u32>(record, PORT_WINDOW);
  reapCompletions(window);
  const free = load<u32>(window, XDP_FREE_COUNT);
  const count = min<u32>(load<u32>(record, PORT_TX_COUNT), free);
  const stack = window + XDP_FREE_CHUNKS;
  const vectors = <usize>load<u32>(record, PORT_TX_VECTORS);
  const index: usize = load<u32>(window, XDP_TRANSMIT_PRODUCER);
  const producer = load<u32>(index);
  for (let i: u32 = 0; i < count; i++) {
    const chunk = load<u32>(stack + <usize>((free - 1 - i) << 2));
    const length = gather(vectors + <usize>i * (2 * VECTOR_SIZE), window + XDP_FRAMES + chunk);
    const descriptor = transmitDescriptor(window, producer + i);
    store<u64>(descriptor, chunk);
    store<u64>(descriptor, length, XDP_DESCRIPTOR_LENGTH); // and no options
  }
  store<u32>(window, free - count, XDP_FREE_COUNT);
  atomic.store<u32>(index, producer + count);
  return count;
}

/** Frames on the ring that the kernel has not taken, as far as it tells. */
export function unsentXdp(port: u32): u32 {
  const window: usize = load<u32>(portRecord(port), PORT_WINDOW);
  return load<u32>(load<u32>(window, XDP_TRANSMIT_PRODUCER)) - load<u32>(window, XDP_TAKEN);
}

/**
 * Counts what the kernel has taken off the ring since the last call, as sent. `dropped`: the last of it found no room on its way, which
 * ends a call of the kernel's (EBUSY): it counts as dropped, also when the ring does not show yet that it was taken.
 */
export function countTakenXdp(port: u32, dropped: bool): u32 {
  const record = portRecord(port);
  const window: usize = load<u32>(record, PORT_WINDOW);
  const first = load<u32>(window, XDP_TAKEN);
  const shown = <i32>(atomic.load<u32>(load<u32>(window, XDP_TRANSMIT_CONSUMER)) - first);
  const taken: u32 = shown > 0 ? shown : dropped ? 1 : 0;
  store<u32>(window, first + taken, XDP_TAKEN);
  const sent = taken - <u32>dropped;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < sent; i++) bytes += load<u32>(transmitDescriptor(window, first + i), XDP_DESCRIPTOR_LENGTH);
  countPort(record, PORT_TX_PACKETS, sent);
  countPort(record, PORT_TX_BYTES, bytes);
  if (dropped) {
    countPort(record, PORT_TX_DROPPED, 1);
    drop(0, DROP_TX_FULL);
  }
  return taken;
}

/** Takes the last `count` frames off the ring again, at which the kernel has not looked. */
export function withdrawXdp(port: u32, count: u32): void {
  const window: usize = load<u32>(portRecord(port), PORT_WINDOW);
  const index: usize = load<u32>(window, XDP_TRANSMIT_PRODUCER);
  const producer = load<u32>(index) - count;
  const free = load<u32>(window, XDP_FREE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const chunk = load<u32>(transmitDescriptor(window, producer + i));
    store<u32>(window + XDP_FREE_CHUNKS + <usize>((free + i) << 2), chunk);
  }
  store<u32>(window, free + count, XDP_FREE_COUNT);
  atomic.store<u32>(index, producer);
}

function reapCompletions(window: usize): void {
  const index: usize = load<u32>(window, XDP_COMPLETION_CONSUMER);
  const consumer = load<u32>(index);
  const count = atomic.load<u32>(load<u32>(window, XDP_COMPLETION_PRODUCER)) - consumer;
  const descriptors: usize = load<u32>(window, XDP_COMPLETION_DESCRIPTORS);
  const free = load<u32>(window, XDP_FREE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const chunk = load<u32>(descriptors + <usize>(((consumer + i) & (XDP_TRANSMIT_ENTRIES - 1)) << 3));
    store<u32>(window + XDP_FREE_CHUNKS + <usize>((free + i) << 2), chunk);
  }
  store<u32>(window, free + count, XDP_FREE_COUNT);
  atomic.store<u32>(index, consumer + count);
}

/** Copies a message's one or two pieces; how many bytes they have. */
@inline
function gather(vector: usize, to: usize): u32 {
  const host = load<u64>(CONTROL_BASE, CONTROL_HOST_BASE);
  const head = <usize>load<u64>(vector, VECTOR_LENGTH);
  const rest = <usize>load<u64>(vector, VECTOR_SIZE + VECTOR_LENGTH);
  memory.copy(to, <usize>(load<u64>(vector) - host), head);
  if (rest != 0) memory.copy(to + head, <usize>(load<u64>(vector, VECTOR_SIZE) - host), rest);
  return <u32>(head + rest);
}

@inline
function transmitDescriptor(window: usize, index: u32): usize {
  return <usize>load<u32>(window, XDP_TRANSMIT_DESCRIPTORS) + <usize>((index & (XDP_TRANSMIT_ENTRIES - 1)) * XDP_DESCRIPTOR_SIZE);
}
