import { beforeEach, describe, expect, it } from "vitest";
import { createFlow } from "../../../src/slowpath/flow/flow.ts";
import { parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import { formatFlow, parseFlow, parseFlowLine } from "../../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../../src/slowpath/tables/group-text.ts";
import { parseMeter } from "../../../src/slowpath/tables/meter-text.ts";
import { type Modification, ModificationError } from "../../../src/slowpath/tables/modification.ts";
import type { ChangeSet } from "../../../src/slowpath/tables/transaction.ts";

let tables: BridgeTables;
let now: number;

beforeEach(() => {
  tables = new BridgeTables();
  now = 1000;
});

const run = (...lines: string[]): ChangeSet =>
  tables.apply(
    lines.map((line) => parseFlowLine(line)),
    now,
  );
const dump = (): string[] => [...tables.rules()].map((rule) => formatFlow(rule));
const refusal = (modifications: Modification[]): ModificationError => {
  try {
    tables.apply(modifications, now);
  } catch (error) {
    if (error instanceof ModificationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

const base = [
  "table=0,priority=10,tcp,tp_dst=80 actions=output:1",
  "table=0,priority=10,udp actions=output:2",
  "table=1,priority=5,ip,cookie=0x11 actions=output:1,output:3",
  "table=1,priority=7,tcp,cookie=0x12 actions=drop",
];

describe("flow mods", () => {
  /** Command, lines left after it. */
  it.each<[string, string[]]>([
    ["delete", []],
    [
      "delete table=0",
      [
        "cookie=0x12, table=1, priority=7,tcp actions=drop",
        "cookie=0x11, table=1, priority=5,ip actions=output:1,output:3",
      ],
    ],
    [
      "delete tcp",
      ["priority=10,udp actions=output:2", "cookie=0x11, table=1, priority=5,ip actions=output:1,output:3"],
    ],
    ["delete ip,table=1", ["priority=10,tcp,tp_dst=80 actions=output:1", "priority=10,udp actions=output:2"]],
    [
      "delete_strict table=1,priority=7,tcp",
      [
        "priority=10,tcp,tp_dst=80 actions=output:1",
        "priority=10,udp actions=output:2",
        "cookie=0x11, table=1, priority=5,ip actions=output:1,output:3",
      ],
    ],
    ["delete_strict table=1,priority=8,tcp", ["all"]],
    ["delete_strict table=0,priority=10,tcp", ["all"]],
    ["delete cookie=0x10/0xf0", ["priority=10,tcp,tp_dst=80 actions=output:1", "priority=10,udp actions=output:2"]],
    [
      "delete cookie=0x11/-1",
      [
        "priority=10,tcp,tp_dst=80 actions=output:1",
        "priority=10,udp actions=output:2",
        "cookie=0x12, table=1, priority=7,tcp actions=drop",
      ],
    ],
    ["delete out_port=1", ["priority=10,udp actions=output:2", "cookie=0x12, table=1, priority=7,tcp actions=drop"]],
    ["delete out_port=9", ["all"]],
    [
      "modify table=0,ip actions=output:9",
      [
        "priority=10,tcp,tp_dst=80 actions=output:9",
        "priority=10,udp actions=output:9",
        "cookie=0x12, table=1, priority=7,tcp actions=drop",
        "cookie=0x11, table=1, priority=5,ip actions=output:1,output:3",
      ],
    ],
    [
      "modify_strict table=0,priority=10,udp,cookie=0x99 actions=output:9",
      [
        "priority=10,tcp,tp_dst=80 actions=output:1",
        "cookie=0x99, priority=10,udp actions=output:9",
        "cookie=0x12, table=1, priority=7,tcp actions=drop",
        "cookie=0x11, table=1, priority=5,ip actions=output:1,output:3",
      ],
    ],
    ["modify_strict table=0,priority=11,udp actions=output:9", ["all"]],
    [
      "modify cookie=0x11/0xff actions=output:4",
      [
        "priority=10,tcp,tp_dst=80 actions=output:1",
        "priority=10,udp actions=output:2",
        "cookie=0x12, table=1, priority=7,tcp actions=drop",
        "cookie=0x11, table=1, priority=5,ip actions=output:4",
      ],
    ],
  ])("%s", (line, left) => {
    run(...base);
    const all = dump();
    run(line);
    expect(dump()).toEqual(left[0] === "all" ? all : left);
  });

  it("add to table 0 when no table is named", () => {
    run("ip actions=drop");
    expect(dump()).toEqual(["ip actions=drop"]);
  });

  it("refuse table 255 and beyond only where it cannot mean all tables", () => {
    expect(() => tables.table(255)).toThrow(RangeError);
    expect(() => parseFlow("table=256,actions=drop")).toThrow('unknown table "256"');
  });

  it("replace an identical rule, keep its counters and restart its duration", () => {
    const [old] = run("priority=1,ip actions=output:1").added;
    old.statistics.packets = 7n;
    now += 5000;
    const changes = run("priority=1,ip actions=output:2");
    const [rule] = changes.added;
    expect(changes.removed.get(old)).toBe("replaced");
    expect(rule.statistics.packets).toBe(7n);
    expect(rule.created).toBe(6000);
    expect(dump()).toEqual(["priority=1,ip actions=output:2"]);
  });

  it("reset counters when asked to", () => {
    const [old] = run("priority=1,ip actions=output:1").added;
    old.statistics.packets = 7n;
    const [rule] = run("priority=1,ip,reset_counts actions=output:2").added;
    expect(rule.statistics.packets).toBe(0n);
    rule.statistics.packets = 3n;
    run("modify ip,reset_counts actions=output:3");
    expect(rule.statistics.packets).toBe(0n);
  });

  it("refuse an overlap of the same priority when asked to check", () => {
    run("priority=1,tcp,tp_src=1 actions=drop");
    const overlapping = parseFlow("priority=1,tcp,tp_dst=2,check_overlap actions=drop");
    expect(refusal([overlapping]).code).toBe("OFPFMFC_OVERLAP");
    run("priority=2,tcp,tp_dst=2,check_overlap actions=drop", "priority=1,tcp,tp_src=1,check_overlap actions=drop");
    expect(dump()).toHaveLength(2);
  });

  it("refuse actions that name a missing group or meter", () => {
    expect(refusal([parseFlow("actions=group:1")]).code).toBe("OFPBAC_BAD_OUT_GROUP");
    expect(refusal([parseFlow("actions=meter:1,output:1")]).code).toBe("OFPMMFC_INVALID_METER");
    tables.apply([parseGroup("group_id=1,type=all"), parseFlow("actions=group:1")], now);
    expect(dump()).toEqual(["actions=group:1"]);
  });

  it("delete by group", () => {
    tables.apply(
      [parseGroup("group_id=1,type=all"), parseFlow("ip,actions=clone(group:1)"), parseFlow("arp,actions=drop")],
      now,
    );
    run("delete out_group=1");
    expect(dump()).toEqual(["arp actions=drop"]);
  });
});

describe("bundles", () => {
  it("take nothing when one part is refused, and say which", () => {
    run(...base);
    tables.apply([parseGroup("group_id=5,type=all"), parseMeter("meter=5 pktps bands=type=drop rate=1")], now);
    const [rule] = [...tables.rules()];
    rule.statistics.packets = 9n;
    const before = dump();
    const error = refusal([
      parseFlowLine("delete table=1"),
      parseFlow("priority=10,udp actions=output:7"),
      parseFlowLine("modify tcp,reset_counts,cookie=9 actions=output:8"),
      parseGroup("group_id=6,type=all"),
      parseGroup("group_id=5", "delete"),
      parseMeter("meter=5", "delete"),
      parseFlow("actions=group:99"),
      parseFlow("arp actions=drop"),
    ]);
    expect(error.index).toBe(6);
    expect(dump()).toEqual(before);
    expect(rule.statistics.packets).toBe(9n);
    expect(tables.groups.all().map(({ id }) => id)).toEqual([5]);
    expect(tables.meters.all().map(({ id }) => id)).toEqual([5]);
    expect(tables.lookup(1, parseMatch("tcp").value, createFlow())?.cookie).toBe(0x12n);
  });

  it("report what changed once, with everything in force", () => {
    run(...base);
    const heard: ChangeSet[] = [];
    tables.onChange((changes) => {
      heard.push(changes);
      expect(dump()).toContain("table=3, ip actions=drop");
    });
    run(
      "table=3,ip actions=drop",
      "delete table=1",
      "table=2,ip actions=drop",
      "delete table=2",
      "modify udp actions=drop",
    );
    expect(heard).toHaveLength(1);
    const [changes] = heard;
    expect([...changes.tables].sort()).toEqual([0, 1, 2, 3]);
    expect([...changes.added].map((rule) => rule.table)).toEqual([3]);
    expect(changes.removed.size).toBe(2);
    expect([...changes.modified].map((rule) => formatFlow(rule))).toEqual(["priority=10,udp actions=drop"]);
  });

  it("stay silent when nothing changed", () => {
    tables.onChange(() => expect.unreachable());
    run("delete table=9");
    tables.expire(now);
  });
});

describe("groups and meters that go", () => {
  it("take the rules that name them along", () => {
    tables.apply([parseGroup("group_id=1,type=all"), parseMeter("meter=1 kbps bands=type=drop rate=9")], now);
    run("ip actions=group:1", "arp actions=meter:1,output:2", "udp actions=output:3");
    const group = tables.apply([parseGroup("group_id=1", "delete")], now);
    expect([...group.removed.values()]).toEqual(["group_delete"]);
    const meter = tables.apply([parseMeter("meter=all", "delete")], now);
    expect([...meter.removed.values()]).toEqual(["meter_delete"]);
    expect(dump()).toEqual(["udp actions=output:3"]);
  });
});

describe("timeouts", () => {
  it("count idle time from the last packet and hard time from the last modification", () => {
    const [idle, hard] = [...run("ip,idle_timeout=10 actions=drop", "arp,hard_timeout=10 actions=drop").added];
    idle.statistics.used = 5000;
    now = 4000;
    run("modify arp actions=output:1");
    expect(tables.expire(13_999).removed.size).toBe(0);
    expect([...tables.expire(14_000).removed]).toEqual([[hard, "hard_timeout"]]);
    expect(tables.expire(14_999).removed.size).toBe(0);
    expect([...tables.expire(15_000).removed]).toEqual([[idle, "idle_timeout"]]);
    expect(dump()).toEqual([]);
  });

  it("can be shortened, never lengthened", () => {
    const [rule] = run("ip,idle_timeout=10 actions=drop").added;
    tables.reduceTimeouts(rule, 20, 5);
    expect([rule.idleTimeout, rule.hardTimeout]).toEqual([10, 5]);
    expect(tables.expire(6000).removed.get(rule)).toBe("hard_timeout");
  });
});

describe("tables", () => {
  it("find conjunctive rules, also after a modification made them so", () => {
    run(
      "table=1,ip,nw_src=10.0.0.1 actions=drop",
      "table=1,ip,nw_dst=10.0.0.2 actions=conjunction(3,2/2)",
      "table=1,conj_id=3 actions=output:1",
    );
    const flow = parseMatch("ip,nw_src=10.0.0.1,nw_dst=10.0.0.2").value;
    expect(tables.lookup(1, flow, null)?.actions).toEqual([]);
    run("modify table=1,ip,nw_src=10.0.0.1 actions=conjunction(3,1/2)");
    expect(tables.lookup(1, flow, null)?.actions).toHaveLength(1);
  });
});
