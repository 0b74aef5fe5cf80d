import { describe, expect, it } from "vitest";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import { formatDuration, formatFlow, parseFlow, parseFlowLine } from "../../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../../src/slowpath/tables/group-text.ts";
import { portsNamed, recordedFiles } from "../reference.ts";

const ports = portsNamed({ 1: "veth1", 2: "veth3", 3: "veth5", 4: "ovn-slaver-0", 5: "ovn-master-0" });

/** What a dump says about the past, as it is right after the rule was added. */
const asNew = (line: string): string =>
  line
    .replace(/duration=[\d.]+s/, "duration=0s")
    .replace(/n_packets=\d+, n_bytes=\d+, idle_age=\d+, (hard_age=\d+, )?/, "n_packets=0, n_bytes=0, idle_age=0, ");

describe("recorded flow dumps", () => {
  it.each(recordedFiles("**/ofctl-dump-flows*.txt"))("of $path print as they were", ({ path, lines }) => {
    const tables = new BridgeTables();
    tables.apply(
      [1, 2].map((id) => parseGroup(`group_id=${id},type=select`)),
      0,
    );
    const format = path.includes("no-stats") ? { ports } : { now: 0 };
    for (const line of lines.filter((text) => text.includes("actions="))) {
      const { added } = tables.apply([parseFlow(line, "add", { ports })], 0);
      for (const rule of added) expect(` ${formatFlow(rule, format)}`).toBe(asNew(line));
    }
  });
});

describe("text of rules", () => {
  it("shows everything that is not as usual", () => {
    const [rule] = new BridgeTables().apply(
      [
        parseFlow(
          "table=3,cookie=0xa,priority=0,idle_timeout=10,hard_timeout=20,importance=4,send_flow_rem,no_packet_counts,ip actions=LOCAL",
        ),
      ],
      1000,
    ).added;
    expect(formatFlow(rule)).toBe(
      "cookie=0xa, table=3, idle_timeout=10, hard_timeout=20, send_flow_rem no_packet_counts importance=4, priority=0,ip actions=LOCAL",
    );
    rule.statistics.packets = 2n;
    rule.statistics.bytes = 120n;
    rule.statistics.used = 3000;
    rule.modified = 2000;
    expect(formatFlow(rule, { now: 4500 })).toBe(
      "cookie=0xa, duration=3.500s, table=3, n_packets=2, n_bytes=120, idle_timeout=10, hard_timeout=20, " +
        "send_flow_rem no_packet_counts importance=4, idle_age=1, hard_age=2, priority=0,ip actions=LOCAL",
    );
  });

  it.each([
    [0, "0s"],
    [23_731, "23.731s"],
    [60_000, "60s"],
    [1_005, "1.005s"],
  ])("%d ms last %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("may begin with a command", () => {
    expect(parseFlowLine("delete_strict table=1,priority=3,tcp")).toMatchObject({
      command: "delete_strict",
      priority: 3,
    });
    expect(parseFlowLine("modify,tcp,actions=drop").command).toBe("modify");
    expect(parseFlowLine("tcp,actions=drop").command).toBe("add");
  });

  it.each<[string, Parameters<typeof parseFlow>[1], string]>([
    ["ip", "add", "must specify an action"],
    ["cookie=1/2,actions=drop", "add", "flow additions cannot use a cookie mask"],
    ["cookie=1", "delete", "cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=1/-1)"],
    ["priority=70000,actions=drop", "add", 'invalid priority "70000"'],
    ["priority=7", "delete", "unknown keyword priority"],
    ["idle_timeout=7", "delete", "unknown keyword idle_timeout"],
    ["out_port=1,actions=drop", "add", "unknown keyword out_port"],
    ["out_port=nosuch", "delete", "nosuch is not a valid OpenFlow port"],
    ["table=nosuch,actions=drop", "add", 'unknown table "nosuch"'],
    ["wrong=1,actions=drop", "add", "unknown keyword wrong"],
    ["table=1,nw_src=10.0.0.1,actions=drop", "add", "prerequisites not met"],
    ["actions=nosuch", "add", "unknown action nosuch"],
  ])("%s is refused for %s", (text, command, sentence) => {
    expect(() => parseFlow(text, command)).toThrow(sentence);
  });
});
