/**
 * `node switch-process.ts RULES tap veth1=NAMESPACE veth3=… veth5=…` or `… RULES system veth1 veth3 veth5`: Megaflow with the rules of a
 * folder and the lab's three ports. Says "ready", ends when its standard input does.
 */
import { recordedRules } from "../../src/cli/recorded-rules.ts";
import type { PortSpec } from "../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { HOSTS } from "../../src/lab/topology.ts";
import { Switch } from "../../src/slowpath/switch.ts";

const [folder, kind, ...ports] = process.argv.slice(2);
const running = new Switch({ datapath: await WorkerDatapath.start() });
for (const port of ports) {
  const [name, namespace] = port.split("=");
  const { mac, ofport } = HOSTS.find((host) => host.port === name)!;
  const spec: PortSpec = kind === "tap" ? { kind: "tap", name, namespace, mac } : { kind: "system", name };
  await running.ports.add(spec, { ofport });
}
await running.apply(recordedRules(folder, running.bridge().portNames));
console.log("ready");
process.stdin.on("end", async () => {
  await running.close();
  process.exit();
});
process.stdin.resume();
