import { describe, expect, it } from "vitest";
import { messages } from "../../src/openflow/messages/list.ts";
import { BridgeTables } from "../../src/slowpath/tables/bridge-tables.ts";
import { formatFlow } from "../../src/slowpath/tables/flow-text.ts";
import { formatGroup } from "../../src/slowpath/tables/group-text.ts";
import { portsNamed, recordedFiles } from "../slowpath/reference.ts";
import { recordings } from "./recordings.ts";

/** Tables after what ovn-controller sent, up to the recording's first mark ("now somebody changes the load balancer"). */
function tablesAfter(path: string): BridgeTables {
  const tables = new BridgeTables();
  const [{ lines }] = recordedFiles(path);
  const marked = lines.findIndex((line) => line.includes('"mark"'));
  const untilMark = lines.slice(0, marked < 0 ? undefined : marked).filter((line) => line.includes('"hex"')).length;
  for (const { direction, bytes } of recordings(path)[0].messages.slice(0, untilMark)) {
    if (direction !== "c2s") continue;
    const { message } = messages.read(bytes);
    const inner = message.type === "bundle_add" ? message.added.message : message;
    if ("mod" in inner) tables.apply([inner.mod as never], 0);
  }
  return tables;
}

const dumped = (path: string): string[] =>
  recordedFiles(path)[0]
    .lines.map((line) => line.trim())
    .filter((line) => line.includes("actions="))
    .sort();

describe.each([
  {
    session: "openflow/conn1-ofctrl.jsonl",
    state: "1-single-chassis/state",
    ports: { 1: "veth1", 2: "veth3", 3: "veth5" },
  },
  {
    session: "openflow-two-chassis/conn1-ofctrl.jsonl",
    state: "5-two-chassis/chassis1",
    ports: { 1: "ovn-slaver-0", 2: "veth1" },
  },
])("what ovn-controller sent in $session", ({ session, state, ports }) => {
  const tables = tablesAfter(session);
  const options = { ports: portsNamed(ports as Record<number, string>) };

  it("makes the rules that ovs-ofctl showed of the real switch", () => {
    const rules = [...tables.rules()].map((rule) => formatFlow(rule, options));
    expect(rules.sort()).toEqual(dumped(`${state}/ofctl-dump-flows-no-stats.txt`));
  });

  it("makes the groups that ovs-ofctl showed of the real switch", () => {
    const groups = tables.groups.all().map((group) => formatGroup(group, options));
    expect(groups).toEqual(dumped(`${state}/ofctl-dump-groups.txt`));
  });
});
