import { beforeEach, describe, expect, it } from "vitest";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import { formatGroup, formatGroupStatistics, parseGroup } from "../../../src/slowpath/tables/group-text.ts";
import type { GroupMod } from "../../../src/slowpath/tables/modification.ts";
import { recordedFiles } from "../reference.ts";

let tables: BridgeTables;

beforeEach(() => {
  tables = new BridgeTables();
});

const run = (text: string, command: GroupMod["command"] = "add") => tables.apply([parseGroup(text, command)], 0);
const dump = (): string[] => tables.groups.all().map((group) => formatGroup(group));

describe("recorded groups", () => {
  it.each(recordedFiles("**/ofctl-dump-groups.txt"))("of $path print as they were", ({ lines }) => {
    for (const line of lines.filter((text) => text.includes("group_id"))) {
      run(line);
      expect(` ${dump().at(-1)}`).toBe(line);
      run("", "delete");
    }
  });
});

describe("text of groups", () => {
  it.each([
    [
      "group_id=1,type=all,bucket=output:1,bucket=output:2",
      "group_id=1,type=all,bucket=bucket_id:0,actions=output:1,bucket=bucket_id:1,actions=output:2",
    ],
    ["group_id=2,type=select,bucket=weight=1,output:1", "group_id=2,type=select,bucket=bucket_id:0,actions=output:1"],
    [
      "group_id=3,type=select,selection_method=hash,fields(tcp_dst,ip_src=255.255.0.0),selection_method_param=7,bucket=weight:0,actions=drop",
      "group_id=3,type=select,selection_method=hash,selection_method_param=7,fields(ip_src=255.255.0.0,tcp_dst),bucket=bucket_id:0,weight:0,actions=drop",
    ],
    [
      "group_id=4,type=ff,bucket=watch_port:1,actions=output:1,bucket=watch_group:3,actions=group:3",
      "group_id=4,type=ff,bucket=bucket_id:0,watch_port:1,actions=output:1,bucket=bucket_id:1,watch_group:3,actions=group:3",
    ],
    [
      "group_id=5,type=indirect,bucket=bucket_id:7,actions=output:1",
      "group_id=5,type=indirect,bucket=bucket_id:7,actions=output:1",
    ],
    ["group_id=6,type=all", "group_id=6,type=all"],
  ])("%s", (text, printed) => {
    run(text);
    expect(dump()).toEqual([printed]);
  });

  it.each<[string, GroupMod["command"], string]>([
    ["type=all", "add", "must specify a group_id"],
    ["group_id=1", "add", "must specify a type"],
    ["group_id=1,type=any", "add", "invalid group type any"],
    ["group_id=1,type=select,selection_method=rr", "add", "selection method 'rr' is not supported"],
    ["group_id=1,type=select,fields=ip_src", "add", 'fields may only be specified with "selection_method=hash"'],
    [
      "group_id=1,type=select,selection_method_param=1",
      "add",
      'selection_method_param is only allowed with "selection_method"',
    ],
    ["group_id=1,type=select,selection_method=hash,fields(ip_src,nw_src)", "add", "ip_src: duplicate field"],
    ["group_id=1,type=select,selection_method=hash,fields(foo)", "add", "unknown field foo"],
    ["group_id=1,type=all,bucket=weight:5,actions=drop", "add", "Only select groups can have bucket weights."],
    ["group_id=1,type=ff,bucket=actions=drop", "add", "fast failover bucket requires watch_port or watch_group"],
    ["group_id=1,type=all,bucket=bucket_id:1", "add", "bucket must specify actions"],
    ["group_id=4294967295,type=all", "add", "invalid group id"],
    ["group_id=1,bucket=actions=drop", "insert_bucket", "must specify a command bucket id"],
    ["group_id=1,command_bucket_id=all,bucket=actions=drop", "insert_bucket", "command_bucket_id=all is not permitted"],
    ["group_id=1,bucket=actions=drop", "delete", "bucket is not needed"],
  ])("%s is refused for %s", (text, command, sentence) => {
    expect(() => parseGroup(text, command)).toThrow(sentence);
  });

  it("shows statistics", () => {
    run("group_id=1,type=all,bucket=output:1,bucket=output:2");
    const [group] = tables.groups.all();
    group.statistics.packets = 3n;
    group.buckets[1].statistics.bytes = 60n;
    expect(formatGroupStatistics(group, 1500, 2)).toBe(
      "group_id=1,duration=1.500s,ref_count=2,packet_count=3,byte_count=0,bucket0:packet_count=0,byte_count=0,bucket1:packet_count=0,byte_count=60",
    );
  });
});

describe("group mods", () => {
  it.each<[string, GroupMod["command"], string]>([
    ["group_id=1,type=all", "add", "OFPGMFC_GROUP_EXISTS"],
    ["group_id=9,type=all", "modify", "OFPGMFC_UNKNOWN_GROUP"],
    ["group_id=9,command_bucket_id=0", "remove_bucket", "OFPGMFC_UNKNOWN_GROUP"],
    ["group_id=1,command_bucket_id=9", "remove_bucket", "OFPGMFC_UNKNOWN_BUCKET"],
    ["group_id=1,command_bucket_id=last,bucket=bucket_id:1,actions=drop", "insert_bucket", "OFPGMFC_BUCKET_EXISTS"],
    ["group_id=1,command_bucket_id=7,bucket=actions=drop", "insert_bucket", "OFPGMFC_UNKNOWN_BUCKET"],
    ["group_id=2,type=indirect", "add", "OFPGMFC_INVALID_GROUP"],
    ["group_id=1,type=all,bucket=group:1", "modify", "OFPGMFC_LOOP"],
  ])("%s (%s) is refused: %s", (text, command, code) => {
    run("group_id=1,type=select,bucket=actions=output:1,bucket=actions=output:2");
    const before = dump();
    expect(() => run(text, command)).toThrow(code);
    expect(dump()).toEqual(before);
  });

  it("refuse loops through other groups", () => {
    run("group_id=1,type=all");
    run("group_id=2,type=all,bucket=clone(group:1)");
    run("group_id=3,type=all,bucket=watch_group:2,actions=drop");
    expect(() => run("group_id=1,type=all,bucket=group:3", "modify")).toThrow("OFPGMFC_LOOP");
  });

  it("add or modify, whichever it takes", () => {
    run("group_id=1,type=all", "add_or_mod");
    run("group_id=1,type=all,bucket=output:3", "add_or_mod");
    expect(dump()).toEqual(["group_id=1,type=all,bucket=bucket_id:0,actions=output:3"]);
  });

  it.each<[string, number[]]>([
    ["first", [5, 0, 1]],
    ["last", [0, 1, 5]],
    ["0", [0, 5, 1]],
  ])("insert a bucket at %s and leave the others as they are", (at, ids) => {
    run("group_id=1,type=select,bucket=actions=output:1,bucket=actions=output:2");
    const [kept] = tables.groups.get(1)!.buckets;
    run(`group_id=1,command_bucket_id=${at},bucket=bucket_id:5,weight:9,actions=output:9`, "insert_bucket");
    const { buckets } = tables.groups.get(1)!;
    expect(buckets.map(({ id }) => id)).toEqual(ids);
    expect(buckets).toContain(kept);
  });

  it.each<[string, number[]]>([
    ["first", [1, 2]],
    ["last", [0, 1]],
    ["1", [0, 2]],
    ["all", []],
  ])("remove bucket %s", (which, ids) => {
    run("group_id=1,type=select,bucket=actions=output:1,bucket=actions=output:2,bucket=actions=output:3");
    run(`group_id=1,command_bucket_id=${which}`, "remove_bucket");
    expect(tables.groups.get(1)!.buckets.map(({ id }) => id)).toEqual(ids);
  });

  it("keep statistics and age when a group is modified", () => {
    run("group_id=1,type=all");
    tables.groups.get(1)!.statistics.packets = 4n;
    tables.apply([parseGroup("group_id=1,type=select", "modify")], 9000);
    expect(tables.groups.get(1)).toMatchObject({ created: 0, type: "select", statistics: { packets: 4n } });
  });

  it("delete one group, or all", () => {
    for (const id of [1, 2, 3]) run(`group_id=${id},type=all`);
    expect([...run("group_id=2", "delete").groups]).toEqual([2]);
    expect([...run("group_id=all", "delete").groups]).toEqual([1, 3]);
    expect(run("group_id=7", "delete").groups.size).toBe(0);
  });
});

describe("liveness of buckets", () => {
  it("follows watched ports and groups", () => {
    run("group_id=1,type=ff,bucket=watch_port:1,actions=output:1,bucket=watch_port:2,actions=output:2");
    run("group_id=2,type=ff,bucket=watch_group:1,actions=group:1,bucket=watch_group:9,actions=drop");
    run("group_id=3,type=all,bucket=output:3");
    const alive = (group: number, bucket: number, ...up: number[]): boolean =>
      tables.groups.bucketAlive(tables.groups.get(group)!.buckets[bucket], (port) => up.includes(port));
    expect([alive(1, 0, 1), alive(1, 1, 1), alive(2, 0, 2), alive(2, 0), alive(2, 1, 1), alive(3, 0)]).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });
});
