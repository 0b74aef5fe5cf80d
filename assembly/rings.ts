/**
 * The rings between the worker and the main thread: the worker writes upcalls and reads commands.
 *
 * What: byte rings, one producer and one consumer each. RING_HEAD and RING_TAIL count bytes and run free; their low
 *   bits are the position. A record lies in one piece: where it would not fit before the end, a RECORD_SKIP fills up.
 * Invariants: record sizes are multiples of 8, so the end always has room for a skip record's header. The bytes of a
 *   record are written before RING_HEAD moves over it, and read before RING_TAIL does.
 */
import { CONTROL_COMMAND_READ } from "./layout/control.ts";
import { RECORD_SIZE, RECORD_SKIP, RECORD_TYPE, RING_DATA, RING_HEAD, RING_LOST, RING_TAIL } from "./layout/ring.ts";
import { COMMAND_RING_BASE, COMMAND_RING_BYTES, CONTROL_BASE, UPCALL_RING_BASE, UPCALL_RING_BYTES } from "./memory.ts";

/** Bytes of the upcall ring that nothing waits in. */
export function freeUpcallBytes(): u32 {
  return <u32>UPCALL_RING_BYTES - (load<u32>(UPCALL_RING_BASE, RING_HEAD) - atomic.load<u32>(UPCALL_RING_BASE, RING_TAIL));
}

/** Room for an upcall of `size` bytes (a multiple of 8); 0 and a count in RING_LOST when there is none. */
export function reserveUpcall(size: u32): usize {
  const head = load<u32>(UPCALL_RING_BASE, RING_HEAD); // ours alone
  const used = head - atomic.load<u32>(UPCALL_RING_BASE, RING_TAIL);
  const position = head & (<u32>UPCALL_RING_BYTES - 1);
  const toEnd = <u32>UPCALL_RING_BYTES - position;
  const skipped = size > toEnd ? toEnd : 0;
  if (used + skipped + size > <u32>UPCALL_RING_BYTES) {
    store<u32>(UPCALL_RING_BASE, load<u32>(UPCALL_RING_BASE, RING_LOST) + 1, RING_LOST);
    return 0;
  }
  if (skipped == 0) return UPCALL_RING_BASE + RING_DATA + position;
  const skip = UPCALL_RING_BASE + RING_DATA + position;
  store<u32>(skip, skipped, RECORD_SIZE);
  store<u32>(skip, RECORD_SKIP, RECORD_TYPE);
  atomic.store<u32>(UPCALL_RING_BASE, head + skipped, RING_HEAD);
  return UPCALL_RING_BASE + RING_DATA;
}

/** Publishes the record that `reserveUpcall` made room for. */
export function publishUpcall(record: usize, size: u32): void {
  store<u32>(record, size, RECORD_SIZE);
  atomic.store<u32>(UPCALL_RING_BASE, load<u32>(UPCALL_RING_BASE, RING_HEAD) + size, RING_HEAD);
}

/** The next command, 0 = none. Its bytes stay until `releaseCommands`. */
export function takeCommand(): usize {
  const head = atomic.load<u32>(COMMAND_RING_BASE, RING_HEAD);
  let read = load<u32>(CONTROL_BASE, CONTROL_COMMAND_READ);
  let record: usize = 0;
  while (read != head && record == 0) {
    const next = COMMAND_RING_BASE + RING_DATA + (read & (<u32>COMMAND_RING_BYTES - 1));
    if (load<u32>(next, RECORD_TYPE) != RECORD_SKIP) record = next;
    read += load<u32>(next, RECORD_SIZE);
  }
  store<u32>(CONTROL_BASE, read, CONTROL_COMMAND_READ);
  return record;
}

/** Gives the bytes of all commands taken back to the main thread. */
export function releaseCommands(): void {
  atomic.store<u32>(COMMAND_RING_BASE, load<u32>(CONTROL_BASE, CONTROL_COMMAND_READ), RING_TAIL);
}
