/** Megaflow in a process of its own, pinned as the other switches are. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { inNamespace, ip } from "../../src/lab/namespaces.ts";
import { identify, terminate } from "../../src/lab/processes.ts";
import { Forwarder } from "./forwarder.ts";
import type { PlacedHost } from "./network.ts";
import { type Pipeline, type PipelineFiles, writePipeline } from "./pipeline.ts";
import { onSwitchCore } from "./processors.ts";
import type { SwitchOrder, SwitchReport } from "./switch-process.ts";

/** veth pairs by packet rings or AF_XDP; TAP devices made in the hosts, or at home and moved there afterwards as a bridge's internal ports are. */
export type MegaflowPorts = "tap" | "internal" | "veth" | "af_xdp";

export interface MegaflowOptions {
  /** The kernel forwards known flows: veth only. */
  readonly hwOffload?: boolean;
}

export class Megaflow extends Forwarder {
  readonly name: string;
  readonly kind = "megaflow";
  override readonly devices: "veth" | "own";
  readonly #ports: MegaflowPorts;
  readonly #pipeline: Pipeline;
  readonly #hwOffload: boolean;
  #child: ChildProcess | undefined;
  #lines: Interface | undefined;
  #files: PipelineFiles | undefined;

  constructor(ports: MegaflowPorts, pipeline: Pipeline, { hwOffload = false }: MegaflowOptions = {}) {
    super();
    this.#ports = ports;
    this.#pipeline = pipeline;
    this.devices = ports === "veth" || ports === "af_xdp" ? "veth" : "own";
    this.#hwOffload = hwOffload;
    this.name = `megaflow ${ports}${hwOffload ? ", hw-offload" : ""}`;
  }

  override get pid(): number | undefined {
    return this.#child?.pid;
  }

  override async dropped(): Promise<number> {
    return (await this.#report()).drops;
  }

  override async setUps(): Promise<number> {
    return (await this.#report()).setUps;
  }

  async #report(): Promise<SwitchReport> {
    this.#child!.stdin!.write("report\n");
    const [line] = await once(this.#lines!, "line");
    return JSON.parse(line);
  }

  async start(home: string, hosts: readonly PlacedHost[]): Promise<void> {
    this.#files = writePipeline(this.#pipeline);
    const order: SwitchOrder = {
      rules: this.#files.folder,
      hwOffload: this.#hwOffload,
      ports: hosts.map((host) => ({ spec: this.#specOf(host), ofport: host.ofport })),
    };
    const script = join(import.meta.dirname, "switch-process.ts");
    const command = onSwitchCore([process.execPath, script, JSON.stringify(order)]);
    const [program, ...words] = inNamespace(home, command);
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(() => {
      throw new Error("the switch ended before it was ready");
    });
    await Promise.race([once(this.#lines, "line"), ended]);
    ended.catch(() => undefined);
    if (this.#ports !== "internal") return;
    for (const { port, namespace } of hosts) await ip("-n", home, "link", "set", port, "netns", namespace);
  }

  override async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.stdin?.end();
    if (child?.pid !== undefined && child.exitCode === null) await terminate(identify(child.pid));
    if (this.#files) rmSync(this.#files.folder, { recursive: true, force: true });
  }

  #specOf({ port, namespace, mac }: PlacedHost): PortSpec {
    if (this.#ports === "veth") return { kind: "system", name: port, io: "packet" };
    if (this.#ports === "af_xdp") return { kind: "system", name: port, io: "af_xdp" };
    return { kind: "tap", name: port, mac, namespace: this.#ports === "tap" ? namespace : undefined };
  }
}
