/** OVS on its userspace datapath, tuned as its users would. */
import { rmSync } from "node:fs";
import { ip } from "../../src/lab/namespaces.ts";
import { Forwarder } from "./forwarder.ts";
import type { PlacedHost } from "./network.ts";
import { OvsInstance } from "./ovs-instance.ts";
import { type Pipeline, writePipeline } from "./pipeline.ts";
import { onSwitchCore } from "./processors.ts";

export interface OvsTuning {
  /** userspace-tso-enable; otherwise transmit offloads must be off in the hosts. */
  readonly segmentation?: boolean;
  /** Internal ports, moved into the hosts, in place of veth pairs. */
  readonly internal?: boolean;
}

export class OpenVswitch extends Forwarder {
  readonly name: string;
  readonly kind = "ovs";
  override readonly devices: "veth" | "own";
  readonly #tuning: OvsTuning;
  readonly #pipeline: Pipeline;
  #instance: OvsInstance | undefined;
  #pid: number | undefined;

  constructor(tuning: OvsTuning, pipeline: Pipeline) {
    super();
    this.#tuning = tuning;
    this.#pipeline = pipeline;
    this.devices = tuning.internal ? "own" : "veth";
    this.name = `ovs ${tuning.internal ? "internal" : "veth"}${tuning.segmentation ? ", tso" : ""}`;
  }

  override get pid(): number | undefined {
    return this.#pid;
  }

  override supports(offloads: boolean): boolean {
    return offloads === (this.#tuning.segmentation === true);
  }

  async start(home: string, hosts: readonly PlacedHost[]): Promise<void> {
    const { segmentation = false, internal = false } = this.#tuning;
    const instance = new OvsInstance(home, onSwitchCore([]));
    this.#instance = instance;
    await instance.startDatabase({ "userspace-tso-enable": String(segmentation) });
    this.#pid = (await instance.startSwitch()).pid;
    const type = internal ? "internal" : undefined;
    await instance.addBridge(hosts.map(({ port, ofport }) => ({ device: port, ofport, type })));
    if (internal)
      for (const { port, namespace } of hosts) await ip("-n", home, "link", "set", port, "netns", namespace);
    await this.#load(instance);
  }

  /** A miss whose upcall finds the flow limit reached is forwarded all the same, and counts as failed. */
  override async setUps(): Promise<number> {
    const text = await this.#instance!.appctl("dpif-netdev/pmd-stats-show");
    return [...text.matchAll(/miss with success upcall: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async #load(instance: OvsInstance): Promise<void> {
    const files = writePipeline(this.#pipeline);
    try {
      await instance.ofctl("del-flows", "br0");
      const { tunnelOption, groups } = this.#pipeline;
      if (tunnelOption !== undefined) await instance.ofctl("add-tlv-map", "br0", tunnelOption);
      if (groups.length > 0) await instance.ofctl("add-groups", "br0", files.groups);
      await instance.ofctl("add-flows", "br0", files.flows, "--bundle");
    } finally {
      rmSync(files.folder, { recursive: true, force: true });
    }
  }

  override async stop(): Promise<void> {
    this.#pid = undefined;
    await this.#instance?.stop();
    this.#instance = undefined;
  }
}
