/**
 * `node tunnel-switch.ts JSON`: a switch with one host on a TAP and one tunnel, in the namespace it is started in. Prints "ready";
 * each line on stdin is answered by its counters as JSON; ends when stdin closes.
 */
import { createInterface } from "node:readline";
import type { TunnelKind } from "../../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../../src/fastpath/worker-datapath.ts";
import { Switch } from "../../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../../src/slowpath/tables/flow-text.ts";

export interface TunnelSwitchOptions {
  readonly host: string;
  readonly mtu: number;
  readonly mac: string;
  readonly kind: TunnelKind;
  readonly options: Readonly<Record<string, string>>;
  readonly rules: readonly string[];
  /** The underlay device is a port of a bridge of its own, whose internal port br-phy has the host's address. */
  readonly bridged: boolean;
}

export interface TunnelSwitchReport {
  readonly drops: Readonly<Record<string, number>>;
  readonly tunnel: { readonly rxPackets: number; readonly txPackets: number; readonly txErrors: number };
}

const { host, mtu, mac, kind, options, rules, bridged } = JSON.parse(process.argv[2]) as TunnelSwitchOptions;
const datapath = await WorkerDatapath.start();
const made = new Switch({ datapath });
await made.ports.add({ kind: "tap", name: "eth0", namespace: host, mtu, mac }, { ofport: 1 });
const tunnel = await made.ports.add({ kind, name: "tun0", options: new Map(Object.entries(options)) }, { ofport: 2 });
datapath.setGeneveOptions([{ class: 0x102, type: 0x80, bytes: 4, index: 0, offset: 0 }]);
await made.apply(rules.map((line) => parseFlowLine(line, { ports: made.bridge().portNames })));
if (bridged) {
  await made.ports.add({ kind: "tap", name: "br-phy", mtu: 1600 }, { bridge: "br-phy" });
  await made.ports.add({ kind: "system", name: "eth1" }, { bridge: "br-phy" });
  await made.apply([parseFlowLine("actions=NORMAL", { ports: made.bridge("br-phy").portNames })], "br-phy");
}
console.log("ready");

createInterface(process.stdin)
  .on("line", () => {
    const { rxPackets, txPackets, txErrors } = made.ports.statistics(tunnel)!;
    const drops = [...datapath.counters().drops].filter(([, count]) => count > 0n);
    const report: TunnelSwitchReport = {
      drops: Object.fromEntries(drops.map(([reason, count]) => [reason, Number(count)])),
      tunnel: { rxPackets: Number(rxPackets), txPackets: Number(txPackets), txErrors: Number(txErrors) },
    };
    console.log(JSON.stringify(report));
  })
  .on("close", async () => {
    await made.close();
    process.exit(0);
  });
