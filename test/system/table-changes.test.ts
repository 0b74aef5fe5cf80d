/**
 * Rules that come, change and go by OpenFlow messages, a thousand a second and each behind a barrier, beside connections that they do
 * not touch: no packet of those is lost, and none waits for the slow path.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { addAddress, setLink } from "../../src/kernel/link.ts";
import { addNamespace, removeNamespaces } from "../../src/lab/namespaces.ts";
import { OpenFlowServer } from "../../src/openflow/server.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlow } from "../../src/slowpath/tables/flow-text.ts";
import { TestClient } from "../openflow/client.ts";
import { exchange, type Host, LINK } from "./support/with-hosts.ts";

/** Connections are tracked, and go on by the table in which the changes happen. */
const RULES = [
  "table=0,priority=10,arp actions=NORMAL",
  "table=0,priority=10,ip actions=ct(table=1,zone=7)",
  "table=1,priority=10,ct_state=+new+trk,ip actions=ct(commit,zone=7),resubmit(,2)",
  "table=1,priority=10,ct_state=+est+trk,ip actions=resubmit(,2)",
  "table=2,priority=10,ip,nw_dst=10.7.0.1 actions=output:1",
  "table=2,priority=10,ip,nw_dst=10.7.0.2 actions=output:2",
  "table=2,priority=0 actions=drop",
];
const CHANGES_A_SECOND = 1000;
const STANDING = 300;

interface Rig {
  readonly switch: Switch;
  readonly datapath: WorkerDatapath;
  readonly client: TestClient;
  readonly hosts: readonly Host[];
}

async function start(): Promise<Rig> {
  const prefix = `mfc${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), "megaflow-changes-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const datapath = await WorkerDatapath.start();
  const made = new Switch({ datapath });
  onTestFinished(() => made.close());
  const hosts: Host[] = [];
  for (const number of [1, 2]) {
    const namespace = `${prefix}-${number}`;
    await addNamespace(namespace);
    onTestFinished(() => removeNamespaces([namespace]));
    const device = `${prefix}p${number}`;
    await made.ports.add({ kind: "tap", name: device, namespace }, { ofport: number });
    addAddress(device, Uint8Array.of(10, 7, 0, number), 24, namespace);
    setLink(device, { up: true }, namespace);
    hosts.push({ number, namespace, device, address: `10.7.0.${number}` });
  }
  await vi.waitFor(() => expect(datapath.ports().every(({ up }) => up)).toBe(true), LINK);
  const server = new OpenFlowServer({ switch: made, bridgeName: made.bridge().name, directory });
  await server.ready;
  onTestFinished(() => server.close());
  const client = await TestClient.connect(join(directory, `${made.bridge().name}.mgmt`));
  onTestFinished(() => client.close());
  for (const text of RULES) flowMod(client, "add", text);
  await client.settle();
  return { switch: made, datapath, client, hosts };
}

function flowMod(client: TestClient, command: "add" | "modify_strict" | "delete_strict", text: string): void {
  client.send({ type: "flow_mod", mod: parseFlow(text, command), buffer: 0xffff_ffff });
}

/** Rules of other hosts in the tables that everything goes through, each added, given other actions, and deleted. */
function change(client: TestClient, number: number): void {
  const age = number % 3;
  const rule = Math.floor(number / 3) - age * STANDING;
  if (rule < 0) return; // nothing is that old yet
  const table = rule % 3;
  const match = `table=${table},priority=${20 + (rule % 5)},tcp,nw_dst=10.8.${(rule >> 8) & 0xff}.${rule & 0xff}`;
  if (age === 0) flowMod(client, "add", `${match} actions=drop`);
  else if (age === 1) flowMod(client, "modify_strict", `${match} actions=output:2`);
  else flowMod(client, "delete_strict", match);
}

it("1000 a second through OpenFlow lose no packet of connections that they do not touch", async () => {
  const { switch: made, datapath, client, hosts } = await start();
  const [first, second] = hosts;
  // What the connections need is learned and installed.
  expect(await exchange(first, second, 500, 100)).toEqual({ sent: 500, returned: 500, damaged: 0 });
  let done = false;
  let changes = 0;
  let seconds = 0;
  const churn = async (): Promise<void> => {
    const begin = performance.now();
    while (!done) {
      const due = ((performance.now() - begin) * CHANGES_A_SECOND) / 1000;
      for (; changes < due; changes++) change(client, changes);
      // Each of them is in force when its barrier is answered, and none was refused.
      expect(await client.replies()).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    seconds = (performance.now() - begin) / 1000;
  };
  const before = made.revalidator.statistics.translated;
  const churning = churn();
  const result = await exchange(first, second, 60_000, 100);
  done = true;
  await churning;
  expect(result).toEqual({ sent: 60_000, returned: 60_000, damaged: 0 });
  expect(changes / seconds).toBeGreaterThan(0.9 * CHANGES_A_SECOND);
  for (const { number } of hosts) {
    expect(datapath.portStatistics(number)).toMatchObject({ rxErrors: 0n, rxDropped: 0n, txErrors: 0n, txDropped: 0n });
  }
  // None of the connections' megaflows had to be looked at again for a rule of somebody else.
  expect(made.revalidator.statistics.translated - before).toBeLessThan(20);
});
