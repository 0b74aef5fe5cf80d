/**
 * `node switch-process.ts tap NS1:DEVICE NS2:DEVICE` or `… system DEVICE DEVICE`: Megaflow as a learning switch between two ports, in
 * the namespace it is started in. Says "ready", ends when its standard input does, and prints then what it dropped.
 */
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";

const [kind, ...ports] = process.argv.slice(2);
const running = new Switch({ datapath: await WorkerDatapath.start() });
for (const port of ports) {
  const [namespace, name] = port.split(":");
  const spec: PortSpec = kind === "tap" ? { kind: "tap", name, namespace } : { kind: "system", name: port };
  await running.addPort(spec);
}
await running.apply([parseFlowLine("priority=0 actions=normal")]);
console.log("ready");
process.stdin.on("end", async () => {
  await running.close();
  process.exit();
});
process.stdin.resume();
