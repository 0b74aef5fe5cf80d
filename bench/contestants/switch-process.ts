/**
 * `node switch-process.ts '{"rules": FOLDER, "ports": […]}'` (a SwitchOrder): Megaflow with those ports and the rules of a folder, in
 * the namespace it is started in. Says "ready", answers each line on its standard input with a SwitchReport in one line of JSON,
 * and ends when its standard input does.
 */
import { createInterface } from "node:readline";
import { recordedRules } from "../../src/cli/recorded-rules.ts";
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { Switch } from "../../src/slowpath/switch.ts";

export interface SwitchOrder {
  /** A folder with a flow dump, and a group dump when there are groups. */
  readonly rules: string;
  readonly hwOffload: boolean;
  readonly ports: readonly { readonly spec: PortSpec; readonly ofport: number }[];
}

export interface SwitchReport {
  /** Packets dropped for a reason, all reasons together, and those that the kernel had no room for before a port. */
  readonly drops: number;
  /** Megaflows that upcalls made. */
  readonly setUps: number;
}

if (import.meta.main) {
  const { rules, hwOffload, ports } = JSON.parse(process.argv[2]) as SwitchOrder;
  const datapath = await WorkerDatapath.start();
  await datapath.setOffload(hwOffload);
  const running = new Switch({ datapath });
  for (const { spec, ofport } of ports) {
    const { status } = await running.ports.add(spec, { ofport });
    if (status?.refused !== undefined) throw new Error(`not the I/O that was asked for: ${status.refused}`);
  }
  await running.apply(recordedRules(rules, running.bridge().portNames));
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(report(running)));
  await running.close();
  process.exit();
}

/** What a port counts as dropped has a reason among the others: only what the kernel counts has none. */
function report({ datapath, upcalls }: Switch): SwitchReport {
  const drops = [...datapath.counters().drops.values()].reduce((sum, count) => sum + count, 0n);
  const missed = datapath.ports().reduce((sum, { number }) => sum + datapath.portStatistics(number).rxMissed, 0n);
  return { drops: Number(drops + missed), setUps: upcalls.statistics.installed };
}
