/**
 * Pages of 2 MiB for DPDK's buffers, as those who run it give it; and as our own memory has them. With small pages every buffer has
 * one of its own, so that their headers meet in few lines of the processor's cache: the packet source alone costs up to twice as much.
 *
 * Invariants: what is taken from the machine is given back; where it has not enough, nothing is taken.
 */
import { readFileSync, writeFileSync } from "node:fs";

const POOL = "/proc/sys/vm/nr_hugepages";
const MEGABYTES_A_PAGE = 2;

export class HugePages {
  #pages = 0;

  constructor(megabytes: number) {
    const before = pool();
    const wanted = Math.ceil(megabytes / MEGABYTES_A_PAGE);
    try {
      writeFileSync(POOL, String(before + wanted));
      this.#pages = pool() - before;
    } catch {
      // not ours to change
    }
    if (this.#pages < wanted) this.release();
  }

  get granted(): boolean {
    return this.#pages > 0;
  }

  /** DPDK's arguments for its environment: no files, no devices of the machine's. */
  get options(): readonly string[] {
    const common = ["--in-memory", "--no-pci", "--no-telemetry"];
    return this.granted ? common : [...common, "--no-huge"];
  }

  release(): void {
    if (this.#pages > 0) writeFileSync(POOL, String(Math.max(0, pool() - this.#pages)));
    this.#pages = 0;
  }
}

function pool(): number {
  return Number(readFileSync(POOL, "utf8"));
}
