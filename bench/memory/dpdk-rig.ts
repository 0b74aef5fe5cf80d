/** OVS with DPDK and its packet source alone, in turn: what a packet costs with the source and net of it, both measured now. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figures } from "../bench.ts";
import { writeCapture } from "./capture.ts";
import type { DpdkCase } from "./dpdk-cases.ts";
import { DpdkSource } from "./dpdk-source.ts";
import { HugePages } from "./huge-pages.ts";
import { OvsDpdk } from "./ovs-dpdk.ts";
import { NET, WITH_SOURCE } from "./rig.ts";

/** MiB of OVS, and of the sources of up to 100,000 flows. */
const OVS_MEMORY = 1024;
const SOURCE_MEMORY = 640;
/** Milliseconds of a sample at least: the scheduler's account of a thread that runs is up to one tick, 4 ms, behind. */
const LEAST = 200;

/** One OVS for all cases, one source for each number of flows. */
export class DpdkRig {
  readonly #pages = new HugePages(OVS_MEMORY + SOURCE_MEMORY);
  readonly #directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  readonly #sources = new Map<number, { readonly file: string; readonly alone: DpdkSource }>();
  #ovs: OvsDpdk | undefined;

  /** Whether OVS's buffers lie in pages of 2 MiB. */
  get hugePages(): boolean {
    return this.#pages.granted;
  }

  async prepare(dpdkCase: DpdkCase): Promise<{ measure(milliseconds: number): Promise<Figures> }> {
    const { file, alone } = await this.#source(dpdkCase.flows);
    this.#ovs ??= await OvsDpdk.start([...this.#pages.options, "-m", String(OVS_MEMORY)]);
    const ovs = this.#ovs;
    await ovs.prepare(dpdkCase, file);
    return {
      async measure(milliseconds) {
        const duration = Math.max(LEAST, milliseconds);
        const whole = await ovs.measure(duration);
        return { [WITH_SOURCE]: whole, [NET]: whole - (await alone.measure(duration)) };
      },
    };
  }

  async stop(): Promise<void> {
    await this.#ovs?.stop();
    for (const { alone } of this.#sources.values()) await alone.stop();
    this.#pages.release();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #source(flows: number) {
    const known = this.#sources.get(flows);
    if (known) return known;
    const file = join(this.#directory, `${flows}.pcap`);
    writeCapture(file, flows);
    const made = { file, alone: await DpdkSource.start(file, flows, this.#pages.options) };
    this.#sources.set(flows, made);
    return made;
  }
}
