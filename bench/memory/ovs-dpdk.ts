/**
 * OVS with DPDK as a contestant in memory: one polling core, 60-byte frames from a pcap port that plays for ever, a null port that
 * forgets them. Its time a packet is the polling thread's processor time divided by the packets it received.
 *
 * Invariants: it polls on processor 0 as long as it lives, so it is stopped (SIGSTOP) outside of its turns. Everything lives in a
 *   namespace and folders of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { addNamespace, removeNamespaces } from "../../src/lab/namespaces.ts";
import { isAlive, type ProcessIdentity } from "../../src/lab/processes.ts";
import { check } from "../bench.ts";
import { OvsInstance } from "../contestants/ovs-instance.ts";
import { OVS_DPDK } from "../install.ts";
import { threadNanoseconds } from "../processor-time.ts";
import { captureDevice, writeCapture } from "./capture.ts";
import type { DpdkCase } from "./dpdk-cases.ts";
import { FIRST_FLOW } from "./packet-source.ts";

/** A share of this may be dropped or sent to the slow path: what the first packets of a moment meet. */
const FEW = 0.001;
const SETTLE = 60;
const TIME_LIMIT = 30_000;
/** Its polling thread and its main one have each their own megaflows. */
const TABLES = 2;
const MOST_MEGAFLOWS = "200000";
/** Its caches as they come: of a hundred packets that miss the exact-match cache one is put into it, the signature-match cache is off. */
const CACHES = { "emc-insert-inv-prob": "100" };
const NO_CACHES = { "emc-insert-inv-prob": "0" };
let count = 0;

export class OvsDpdk {
  readonly #namespace = `mfk${process.pid}x${count++}`;
  readonly #directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  readonly #instance = new OvsInstance(this.#namespace);
  #identity: ProcessIdentity | undefined;

  /** `options`: of DPDK's environment. */
  static async start(options: readonly string[]): Promise<OvsDpdk> {
    const made = new OvsDpdk();
    try {
      await made.#start(options);
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  async #start(options: readonly string[]): Promise<void> {
    await addNamespace(this.#namespace);
    await this.#instance.startDatabase({
      "dpdk-init": "true",
      "dpdk-extra": options.join(" "),
      "dpdk-lcore-mask": "0x2",
      "pmd-cpu-mask": "0x1",
      "max-idle": "3600000",
      "max-revalidator": "60000",
    });
    this.#identity = await this.#instance.startSwitch(OVS_DPDK);
    await this.#instance.addBridge([{ device: "out", ofport: 2, type: "dpdk", devargs: "net_null1,no-rx=1" }]);
    await this.#instance.appctl("upcall/set-flow-limit", MOST_MEGAFLOWS);
    // A pause is to them a dump that took long: they would let go of megaflows.
    await this.#instance.appctl("revalidator/pause");
    this.pause();
  }

  get #pid(): number {
    return this.#identity!.pid;
  }

  pause(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  /** Afterwards all packets of the case, which the capture file holds, are known to it, and it is paused. */
  async prepare(dpdkCase: DpdkCase, capture: string): Promise<void> {
    this.resume();
    const ovs = this.#instance;
    const { flows, cached, server } = dpdkCase;
    await ovs.vsctl("--if-exists", "del-port", "in");
    await ovs.ofctl("del-flows", "br0");
    await ovs.ofctl("del-groups", "br0");
    await ovs.appctl("dpctl/flush-conntrack");
    await ovs.appctl("dpctl/del-flows");
    await ovs.set(cached ? CACHES : NO_CACHES);
    await ovs.addPort({ device: "in", ofport: 1, type: "dpdk", devargs: captureDevice("in", capture) });
    await ovs.appctl("netdev-dpdk/set-admin-state", "in", "down");
    await delay(SETTLE);
    await ovs.appctl("revalidator/purge");
    await ovs.appctl("dpctl/del-flows");
    await this.#load(dpdkCase);
    await ovs.appctl("netdev-dpdk/set-admin-state", "in", "up");
    if (server !== undefined) await this.#answer(flows, server);
    await this.#settle(flows);
    await this.#checkMegaflows(dpdkCase);
    this.pause();
  }

  /** Those that it was given and no other: a wide one, of a packet that came before them, would have all the others' packets. */
  async #checkMegaflows({ megaflows }: DpdkCase): Promise<void> {
    if (megaflows === undefined) return;
    const found = Number(/flows: (\d+)/.exec(await this.#instance.appctl("dpctl/show"))?.[1]);
    const given = TABLES * megaflows.length;
    check(found === given, `${found} megaflows in place of ${given}`);
  }

  /** Nanoseconds a packet, the source included. */
  async measure(milliseconds: number): Promise<number> {
    this.resume();
    try {
      await delay(SETTLE);
      const before = await this.#account();
      await delay(milliseconds);
      const after = await this.#account();
      const received = after.received - before.received;
      check(received > 0, "nothing was received");
      const missed = after.missed - before.missed;
      check(missed <= received * FEW, `${missed} of ${received} packets went to the slow path`);
      return (after.nanoseconds - before.nanoseconds) / received;
    } finally {
      this.pause();
    }
  }

  async stop(): Promise<void> {
    if (this.#identity && isAlive(this.#identity)) this.resume();
    await this.#instance.stop();
    await removeNamespaces([this.#namespace]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #load({ rules, groups, megaflows }: DpdkCase): Promise<void> {
    const file = (name: string, lines: readonly string[]): string => {
      const path = join(this.#directory, name);
      writeFileSync(path, `${lines.join("\n")}\n`);
      return path;
    };
    if (groups) await this.#instance.ofctl("add-groups", "br0", file("groups", groups));
    await this.#instance.ofctl("add-flows", "br0", file("rules", rules));
    if (megaflows === undefined) return;
    const shown = await this.#instance.appctl("dpctl/show");
    const port = (name: string): string => new RegExp(`port (\\d+): ${name} `).exec(shown)?.[1] ?? "";
    const lines = megaflows.map((megaflow) => `${megaflow.replace("IN", port("in"))} ${port("out")}`);
    await this.#instance.appctl("dpctl/add-flows", file("megaflows", lines));
  }

  /** Every client's server answers for a while. */
  async #answer(flows: number, server: number): Promise<void> {
    const { sourcePort, destinationPort } = FIRST_FLOW;
    const replies = join(this.#directory, "replies.pcap");
    writeCapture(replies, flows, (client) => ({
      ...FIRST_FLOW,
      source: server,
      destination: client,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    }));
    await this.#settle(flows);
    await this.#instance.addPort({
      device: "replies",
      ofport: 3,
      type: "dpdk",
      devargs: captureDevice("replies", replies),
    });
    await this.#settle(flows);
    await this.#instance.vsctl("del-port", "replies");
  }

  /** Until every flow has been seen some times and next to nothing goes to the slow path any more. */
  async #settle(flows: number): Promise<void> {
    const start = await this.#account();
    const end = performance.now() + TIME_LIMIT;
    while (performance.now() < end) {
      const before = await this.#account();
      await delay(100);
      const after = await this.#account();
      const quiet = after.missed - before.missed <= (after.received - before.received) * FEW;
      if (quiet && after.received - start.received > 3 * flows) return;
    }
    check(false, "packets go to the slow path for ever");
  }

  async #account(): Promise<{ received: number; missed: number; nanoseconds: number }> {
    const shown = await this.#instance.appctl("dpif-netdev/pmd-stats-show");
    const nanoseconds = threadNanoseconds(this.#pid, "pmd-");
    const figure = (name: string): number => Number(new RegExp(`^ *${name}: (\\d+)`, "m").exec(shown)?.[1] ?? "NaN");
    const missed = figure("miss with success upcall") + figure("miss with failed upcall");
    return { received: figure("packets received"), missed, nanoseconds };
  }
}
