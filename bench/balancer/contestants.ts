/** Who balances: Megaflow and OVS by the same 528 rules, the kernel by nftables. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { inNamespace, ip, runInNamespace } from "../../src/lab/namespaces.ts";
import { identify, terminate } from "../../src/lab/processes.ts";
import { HOSTS, type LabHost, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { OvsRig } from "../contestants/ovs.ts";
import { onSwitchCore } from "../contestants/processors.ts";
import { BalancerContestant } from "./rig.ts";
import { type Rules, rulesFor } from "./rules.ts";

export const DP_HASH = { name: "dp_hash", method: "dp_hash" };
export const FIELDS = { name: "ip_src,tp_src", method: "hash,fields(ip_src,tcp_src)" };
type Selection = typeof DP_HASH;

class Megaflow extends BalancerContestant {
  readonly name: string;
  readonly kind = "megaflow";
  readonly #ports: "tap" | "veth";
  readonly #selection: Selection;
  #child: ChildProcess | undefined;
  #rules: Rules | undefined;

  constructor(ports: "tap" | "veth", selection: Selection) {
    super();
    this.#ports = ports;
    this.#selection = selection;
    this.name = `megaflow ${ports}, ${selection.name}`;
  }

  override get pid(): number | undefined {
    return this.#child?.pid;
  }

  protected override deviceOf(host: LabHost): string {
    return this.#ports === "tap" ? host.port : host.peer;
  }

  protected async connect(): Promise<void> {
    if (this.#ports === "veth") await this.vethPairs();
    this.#rules = rulesFor(this.#selection.method);
    const ports = HOSTS.map(({ port, name }) => (this.#ports === "tap" ? `${port}=${this.namespace(name)}` : port));
    const script = join(import.meta.dirname, "switch-process.ts");
    const kind = this.#ports === "tap" ? "tap" : "system";
    const command = onSwitchCore([process.execPath, script, this.#rules.folder, kind, ...ports]);
    const [program, ...words] = inNamespace(this.home, command);
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    const ended = once(child, "exit").then(() => {
      throw new Error("the switch ended before it was ready");
    });
    await Promise.race([once(child.stdout, "data"), ended]);
    ended.catch(() => undefined);
  }

  override async down(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.stdin?.end();
    if (child?.pid !== undefined && child.exitCode === null) await terminate(identify(child.pid));
    if (this.#rules) rmSync(this.#rules.folder, { recursive: true, force: true });
    await super.down();
  }
}

class OpenVswitch extends BalancerContestant {
  readonly name: string;
  readonly kind = "ovs";
  readonly #segmentation: boolean;
  readonly #selection: Selection;
  #rig: OvsRig | undefined;
  #pid: number | undefined;

  constructor(segmentation: boolean, selection: Selection) {
    super();
    this.#segmentation = segmentation;
    this.#selection = selection;
    this.name = `ovs userspace${segmentation ? " tso" : ""}, ${selection.name}`;
  }

  override get pid(): number | undefined {
    return this.#pid;
  }

  protected async connect(): Promise<void> {
    await this.vethPairs();
    if (!this.#segmentation) await this.turnOffloadsOff();
    this.#rig = new OvsRig(this.home, onSwitchCore([]));
    await this.#rig.startDatabase({ segmentation: this.#segmentation });
    this.#pid = (await this.#rig.startSwitch()).pid;
    await this.#rig.addBridge(HOSTS.map(({ port, ofport }) => ({ device: port, ofport })));
    const rules = rulesFor(this.#selection.method);
    try {
      await this.#rig.ofctl("del-flows", "br0");
      await this.#rig.ofctl("add-tlv-map", "br0", "{class=0x102,type=0x80,len=4}->tun_metadata0");
      await this.#rig.ofctl("add-groups", "br0", rules.groups);
      await this.#rig.ofctl("add-flows", "br0", rules.flows, "--bundle");
    } finally {
      rmSync(rules.folder, { recursive: true, force: true });
    }
  }

  override async down(): Promise<void> {
    this.#pid = undefined;
    await this.#rig?.stop();
    this.#rig = undefined;
    await super.down();
  }
}

/** A router with both subnets; the virtual address is translated by a hash of the client's address and port. */
class NftablesDnat extends BalancerContestant {
  readonly name = "nftables dnat";
  readonly kind = "nft";

  protected async connect(): Promise<void> {
    await this.vethPairs();
    await ip("-n", this.home, "link", "add", "servers", "type", "bridge");
    await runInNamespace(this.home, [
      "sh",
      "-c",
      "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done; echo 1 >/proc/sys/net/ipv4/ip_forward",
    ]);
    for (const { port } of SERVERS) await ip("-n", this.home, "link", "set", port, "master", "servers");
    const client = HOSTS.find(({ says }) => says === undefined)!;
    for (const [device, address] of [
      ["servers", SERVERS[0].gateway],
      [client.port, client.gateway],
    ]) {
      await ip("-n", this.home, "addr", "add", `${address}/24`, "dev", device);
      await ip("-n", this.home, "link", "set", device, "up");
    }
    const backends = SERVERS.map(({ address }, i) => `${i} : ${address}`).join(", ");
    const rules = `table ip nat {
      chain prerouting {
        type nat hook prerouting priority dstnat;
        ip daddr ${VIP} tcp dport ${WEB_PORT} dnat to jhash ip saddr . tcp sport mod ${SERVERS.length} map { ${backends} }
      }
    }`;
    await runInNamespace(this.home, ["nft", "-f", "-"], { input: rules });
  }
}

export function balancerContestants(): BalancerContestant[] {
  return [
    new Megaflow("veth", DP_HASH),
    new Megaflow("veth", FIELDS),
    new Megaflow("tap", DP_HASH),
    new OpenVswitch(false, DP_HASH),
    new OpenVswitch(false, FIELDS),
    new OpenVswitch(true, DP_HASH),
    new NftablesDnat(),
  ];
}
