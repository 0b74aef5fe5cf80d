/**
 * Huge pages for the tables that packets reach at random.
 *
 * What: a look-up among 100,000 flows or connections touches memory all over tables of many megabytes; with 4 KiB pages most of
 *   these accesses miss the processor's address cache besides its data cache. The tables listed fill from their start, so that
 *   at most one huge page of each is not needed. Conntrack's buckets do not, and stay on small pages.
 */
import {
  ARENA_BASE,
  ARENA_SIZE,
  CACHE_BASE,
  CACHE_END,
  CONNECTIONS_BASE,
  CONNECTIONS_END,
  SUBTABLES_BASE,
  SUBTABLES_SIZE,
} from "../../assembly/memory.ts";
import { adviseHugePages } from "../kernel/host-memory.ts";

const TABLES: readonly (readonly [start: number, end: number])[] = [
  [CACHE_BASE, CACHE_END],
  [SUBTABLES_BASE, SUBTABLES_BASE + SUBTABLES_SIZE],
  [ARENA_BASE, ARENA_BASE + ARENA_SIZE],
  [CONNECTIONS_BASE, CONNECTIONS_END],
];

/** Before the tables are used. Without huge pages everything works as well, only slower. */
export function wantHugePages(memory: WebAssembly.Memory): void {
  for (const [start, end] of TABLES) adviseHugePages(memory, start, end - start);
}
