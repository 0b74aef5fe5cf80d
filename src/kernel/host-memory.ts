/**
 * Linear memory as the kernel sees it: host addresses, and kernel rings mapped over windows of it.
 *
 * Invariants: a shared WebAssembly.Memory never moves, so a host address is base + linear offset for the whole life of
 *   the process. A window is given back by mapping anonymous memory over it: munmap would leave a hole in which any
 *   later access ends the process.
 */
import { check } from "./errno.ts";
import { addressOf, madvise, mmap } from "./system-calls.ts";

export const PAGE_SIZE = 4096;

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

const MADV_HUGEPAGE = 14;

/** Host address of linear offset 0. */
export function hostBase(memory: WebAssembly.Memory): number {
  return addressOf(new Uint8Array(memory.buffer));
}

/** Maps `size` bytes of a descriptor (a kernel's ring) from its offset `from` on over linear memory at `offset`, whole pages all. */
export function mapDescriptor(
  memory: WebAssembly.Memory,
  offset: number,
  size: number,
  descriptor: number,
  from = 0,
): void {
  const address = hostBase(memory) + offset;
  check(
    mmap(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, from),
    `mmap of ${size} bytes over linear memory`,
  );
}

/** Puts plain zero pages back: the kernel's ring is released, and the pages cost nothing until they are touched. */
export function mapAnonymous(memory: WebAssembly.Memory, offset: number, size: number): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  const address = hostBase(memory) + offset;
  check(mmap(address, size, PROT_READ | PROT_WRITE, flags, -1, 0), `mmap of ${size} anonymous bytes`);
}

/** Asks for huge pages where memory is touched from now on; false where the kernel has none. A request, not a need. */
export function adviseHugePages(memory: WebAssembly.Memory, offset: number, size: number): boolean {
  return madvise(hostBase(memory) + offset, size, MADV_HUGEPAGE) === 0;
}
