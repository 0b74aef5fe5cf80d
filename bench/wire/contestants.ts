/** The switches that are compared over the wire. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { inNamespace, ip, runInNamespace } from "../../src/lab/namespaces.ts";
import { identify, terminate } from "../../src/lab/processes.ts";
import { OvsRig } from "../contestants/ovs.ts";
import { onSwitchCore } from "../contestants/processors.ts";
import { LEFT, RIGHT, WireContestant } from "./rig.ts";
import type { SwitchReport } from "./switch-process.ts";

/** The one OpenFlow rule of a switch that does no more than it must. */
export const LEARNING_SWITCH = "priority=0 actions=normal";

export class Megaflow extends WireContestant {
  readonly name: string;
  readonly kind = "megaflow";
  readonly #ports: "tap" | "veth";
  readonly #rule: string;
  #child: ChildProcess | undefined;
  #lines: Interface | undefined;

  constructor(ports: "tap" | "veth", rule = LEARNING_SWITCH) {
    super();
    this.#ports = ports;
    this.#rule = rule;
    this.name = `megaflow ${ports}`;
  }

  override get pid(): number | undefined {
    return this.#child?.pid;
  }

  override async dropped(): Promise<number> {
    this.#child!.stdin!.write("report\n");
    const [line] = await once(this.#lines!, "line");
    const { drops, ports } = JSON.parse(line) as SwitchReport;
    return drops + ports.reduce((sum, { rxDropped, txDropped, txErrors }) => sum + rxDropped + txDropped + txErrors, 0);
  }

  protected async connect(): Promise<void> {
    if (this.#ports === "veth") await this.vethPairs();
    const script = join(import.meta.dirname, "switch-process.ts");
    const ports =
      this.#ports === "tap"
        ? ["tap", `${this.left}:${LEFT.device}`, `${this.right}:${RIGHT.device}`]
        : ["system", "pl", "pr"];
    const [program, ...words] = inNamespace(this.home, onSwitchCore([process.execPath, script, this.#rule, ...ports]));
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(() => {
      throw new Error("the switch ended before it was ready");
    });
    await Promise.race([once(this.#lines, "line"), ended]);
    ended.catch(() => undefined);
  }

  override async down(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.stdin?.end();
    if (child?.pid !== undefined && child.exitCode === null) await terminate(identify(child.pid));
    await super.down();
  }
}

/** OVS on its userspace datapath. */
export class OpenVswitch extends WireContestant {
  readonly name: string;
  readonly kind = "ovs";
  readonly #segmentation: boolean;
  readonly #rule: string;
  #rig: OvsRig | undefined;
  #pid: number | undefined;

  /** `segmentation`: userspace-tso-enable; otherwise transmit offloads must be off in the hosts. */
  constructor(segmentation: boolean, rule = LEARNING_SWITCH) {
    super();
    this.#segmentation = segmentation;
    this.#rule = rule;
    this.name = segmentation ? "ovs userspace, tso" : "ovs userspace";
  }

  override get pid(): number | undefined {
    return this.#pid;
  }

  override supports(offloads: boolean): boolean {
    return offloads === this.#segmentation;
  }

  protected async connect(): Promise<void> {
    await this.vethPairs();
    this.#rig = new OvsRig(this.home, onSwitchCore([]));
    await this.#rig.startDatabase({ segmentation: this.#segmentation });
    this.#pid = (await this.#rig.startSwitch()).pid;
    await this.#rig.addBridge([
      { device: "pl", ofport: 1 },
      { device: "pr", ofport: 2 },
    ]);
    await this.#rig.ofctl("del-flows", "br0");
    await this.#rig.ofctl("add-flow", "br0", this.#rule);
  }

  override async down(): Promise<void> {
    this.#pid = undefined;
    await this.#rig?.stop();
    this.#rig = undefined;
    await super.down();
  }
}

class LinuxBridge extends WireContestant {
  readonly name = "linux bridge";
  readonly kind = "bridge";

  protected async connect(): Promise<void> {
    await this.vethPairs();
    await ip("-n", this.home, "link", "add", "br0", "type", "bridge");
    // Where br_netfilter is loaded, bridged frames would take the way of routed ones.
    await runInNamespace(this.home, [
      "sh",
      "-c",
      "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done",
    ]);
    for (const port of ["pl", "pr"]) await ip("-n", this.home, "link", "set", port, "master", "br0");
    await ip("-n", this.home, "link", "set", "br0", "up");
  }
}

/** A router that translates a virtual address to the right host's: what the kernel does in place of a load balancer. */
class NftablesDnat extends WireContestant {
  readonly name = "nftables dnat";
  readonly kind = "nft";

  override get target(): string {
    return "10.77.9.9";
  }

  protected async connect(): Promise<void> {
    await this.vethPairs();
    await this.address(this.home, "pl", "10.77.0.254/24");
    await this.address(this.home, "pr", "10.78.0.254/24");
    await runInNamespace(this.home, ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
    const rules = `table ip nat {
      chain prerouting { type nat hook prerouting priority dstnat; ip daddr ${this.target} dnat to 10.78.0.2; }
    }`;
    await runInNamespace(this.home, ["nft", "-f", "-"], { input: rules });
  }

  protected override async configureHosts(): Promise<void> {
    await this.address(this.left, LEFT.device, `${LEFT.address}/24`);
    await this.address(this.right, RIGHT.device, "10.78.0.2/24");
    await ip("-n", this.left, "route", "add", "default", "via", "10.77.0.254");
    await ip("-n", this.right, "route", "add", "default", "via", "10.78.0.254");
  }
}

/** One veth pair, nothing between the hosts: no switch can do better with these generators. */
class NoSwitch extends WireContestant {
  readonly name = "no switch: the generator's ceiling";
  readonly kind = "limit";

  override missing(): string | undefined {
    return process.getuid?.() === 0 ? undefined : "needs root";
  }

  protected async connect(): Promise<void> {
    const { device } = RIGHT;
    await ip("-n", this.left, "link", "add", LEFT.device, "type", "veth", "peer", "name", device, "netns", this.right);
  }
}

/** Fresh ones, ours first. */
export function wireContestants(): WireContestant[] {
  return [
    new Megaflow("tap"),
    new Megaflow("veth"),
    new OpenVswitch(true),
    new OpenVswitch(false),
    new LinuxBridge(),
    new NftablesDnat(),
    new NoSwitch(),
  ];
}
