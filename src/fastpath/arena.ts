/**
 * The main thread's memory: megaflow records, action programs, bucket counters.
 *
 * What: a size-class allocator over ARENA_BASE..ARENA_BASE+ARENA_SIZE. Each class takes slabs from the arena and cuts them
 *   into equal blocks; a freed block goes to its class's list. Free lists are JavaScript arrays: the arena holds payload only.
 * Invariants: blocks are 64-byte aligned up to 64 bytes' size and above (a cache line), 32-byte ones to 32. A block given
 *   out as a `FlowRecord` never becomes anything else: stale hints of the exact-match cache may look at it at any time.
 * Cost: no search; blocks waste less than 64 bytes up to 1 KiB, at most a quarter above.
 * Not handled: giving slabs back from one class to another. Programs longer than LARGEST (a group of thousands of buckets).
 */
import { ARENA_BASE, ARENA_SIZE } from "../../assembly/memory.ts";
import { DatapathFullError } from "./datapath.ts";

const SLAB_BYTES = 64 * 1024;
const LINE = 64;
const LINEAR_LIMIT = 1024;
const LARGEST = 16 * 1024 * 1024;

class SizeClass {
  readonly size: number;
  readonly free: number[] = [];
  next = 0;
  end = 0;

  constructor(size: number) {
    this.size = size;
  }
}

export class Arena {
  readonly #general = new Map<number, SizeClass>();
  readonly #flows = new Map<number, SizeClass>();
  #unused = ARENA_BASE;
  #allocated = 0;

  /** Bytes now given out, rounded up to their blocks. */
  get allocatedBytes(): number {
    return this.#allocated;
  }

  /** @throws DatapathFullError */
  allocate(bytes: number): number {
    return this.#take(this.#general, bytes);
  }

  free(address: number, bytes: number): void {
    this.#give(this.#general, address, bytes);
  }

  /** As `allocate`, from memory that is only ever used for megaflow records. */
  allocateFlow(bytes: number): number {
    return this.#take(this.#flows, bytes);
  }

  freeFlow(address: number, bytes: number): void {
    this.#give(this.#flows, address, bytes);
  }

  #take(classes: Map<number, SizeClass>, bytes: number): number {
    const size = blockSize(bytes);
    let sizeClass = classes.get(size);
    if (sizeClass === undefined) {
      sizeClass = new SizeClass(size);
      classes.set(size, sizeClass);
    }
    const address = sizeClass.free.pop() ?? this.#cut(sizeClass);
    this.#allocated += size;
    return address;
  }

  #cut(sizeClass: SizeClass): number {
    if (sizeClass.next + sizeClass.size > sizeClass.end) {
      const slab = Math.max(SLAB_BYTES, sizeClass.size);
      if (this.#unused + slab > ARENA_BASE + ARENA_SIZE) {
        throw new DatapathFullError(`the flow arena is full: no ${slab} of its ${ARENA_SIZE} bytes are left`);
      }
      sizeClass.next = this.#unused;
      sizeClass.end = this.#unused + slab;
      this.#unused += slab;
    }
    const address = sizeClass.next;
    sizeClass.next += sizeClass.size;
    return address;
  }

  #give(classes: Map<number, SizeClass>, address: number, bytes: number): void {
    const size = blockSize(bytes);
    classes.get(size)!.free.push(address);
    this.#allocated -= size;
  }
}

/** 32, multiples of 64 up to 1 KiB, then four steps to each power of two. */
export function blockSize(bytes: number): number {
  if (bytes <= 32) return 32;
  if (bytes <= LINEAR_LIMIT) return Math.ceil(bytes / LINE) * LINE;
  if (bytes > LARGEST) throw new DatapathFullError(`${bytes} bytes are more than a block of the arena can have`);
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
