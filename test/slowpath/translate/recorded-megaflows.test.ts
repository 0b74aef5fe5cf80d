/** The megaflows that OVS had installed for the recorded pipeline: our translation of their packets does the same. */
import { describe, expect, it } from "vitest";
import { KEY_IN_PORT, KEY_NW_PROTO, KEY_SIZE } from "../../../assembly/layout/key.ts";
import type { DatapathAction } from "../../../src/fastpath/datapath-action.ts";
import { createFlow } from "../../../src/slowpath/flow/flow.ts";
import { formatDatapathActions } from "../../../src/slowpath/odp/actions.ts";
import { parseDatapathFlow } from "../../../src/slowpath/odp/flow.ts";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import { portsNamed, recordedFiles } from "../reference.ts";
import { ovnBridge, run } from "./test-bridge.ts";

const names = portsNamed({ 2: "veth1", 3: "veth3", 4: "veth5" });
const bridge = ovnBridge();
const [dump] = recordedFiles("1-single-chassis/dpctl-dump-flows.txt");
const megaflows = dump.lines
  .filter((line) => line.includes("actions:"))
  .map((line) => ({ line, ...parseDatapathFlow(line, { ports: names }) }));

/** The megaflow's key as a packet: what it leaves open is zero. The datapath's port becomes the bridge's. */
function packetOf(key: Uint8Array): Uint8Array {
  const flow = createFlow();
  flow.set(key.subarray(0, KEY_SIZE));
  flow[KEY_IN_PORT + 3] -= 1;
  return flow;
}

const recirculation = new RecirculationTable(() => 0);

function translated(key: Uint8Array): readonly DatapathAction[] {
  return run({ bridge, recirculation, select: "recirculate" }, packetOf(key)).actions;
}

/** The recorded ids were given in this order: so each pass makes the id that the next one starts from. */
const firstUses = ["recirc(0x1)", "recirc(0x2)", "recirc(0x3)", "recirc(0x4)", "recirc(0x5)"].map((use) => {
  const found = megaflows.find(({ line }) => line.includes(`actions:`) && line.split("actions:")[1].includes(use));
  if (!found) throw new Error(`nothing recirculates with ${use}`);
  return found;
});

describe("megaflows recorded from OVS", () => {
  it("give their recirculations the same ids in the same order", () => {
    const ids = firstUses.map(({ key }) => translated(key).find((action) => action.type === "recirc"));
    expect(ids).toEqual([1, 2, 3, 4, 5].map((id) => ({ type: "recirc", id })));
  });

  const others = megaflows.filter(({ line }) => !line.includes("slow_path"));
  it.each(others.map((megaflow) => [megaflow.line.replace(/, packets.*/, ""), megaflow] as const))(
    "%s does as recorded",
    (_, { key, line }) => {
      const text = formatDatapathActions(translated(key), { ports: names, protocol: key[KEY_NW_PROTO] });
      expect(text).toBe(line.split("actions:")[1]);
    },
  );

  it("answer ARP in the fast path, where OVS sends it through the slow one", () => {
    const slow = megaflows.filter(({ line }) => line.includes("slow_path"));
    expect(slow).toHaveLength(3);
    for (const { key } of slow) expect(formatDatapathActions(translated(key))).toMatch(/set\(arp\(.*op=2/);
  });
});
