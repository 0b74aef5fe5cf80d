/**
 * `node switch-process.ts RULE tap NS1:DEVICE NS2:DEVICE` or `… RULE system DEVICE DEVICE`: Megaflow between two ports, in the namespace
 * it is started in, with one OpenFlow rule. Says "ready", answers each line on its standard input with a SwitchReport in one line of JSON, and
 * ends when its standard input does.
 */
import { createInterface } from "node:readline";
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";

export interface SwitchReport {
  /** Packets dropped for a reason, all reasons together. */
  readonly drops: number;
  readonly ports: readonly { readonly rxDropped: number; readonly txDropped: number; readonly txErrors: number }[];
}

if (import.meta.main) {
  const [rule, kind, ...ports] = process.argv.slice(2);
  const running = new Switch({ datapath: await WorkerDatapath.start() });
  for (const port of ports) {
    const [namespace, name] = port.split(":");
    const spec: PortSpec = kind === "tap" ? { kind: "tap", name, namespace } : { kind: "system", name: port };
    await running.ports.add(spec);
  }
  await running.apply([parseFlowLine(rule)]);
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(report(running)));
  await running.close();
  process.exit();
}

function report({ datapath }: Switch): SwitchReport {
  const drops = [...datapath.counters().drops.values()].reduce((sum, count) => sum + count, 0n);
  return {
    drops: Number(drops),
    ports: datapath.ports().map(({ number }) => {
      const { rxDropped, txDropped, txErrors } = datapath.portStatistics(number);
      return { rxDropped: Number(rxDropped), txDropped: Number(txDropped), txErrors: Number(txErrors) };
    }),
  };
}
