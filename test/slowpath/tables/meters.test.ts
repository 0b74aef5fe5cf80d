import { beforeEach, describe, expect, it } from "vitest";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import { formatMeter, parseMeter } from "../../../src/slowpath/tables/meter-text.ts";
import { recordedFiles } from "../reference.ts";

let tables: BridgeTables;

beforeEach(() => {
  tables = new BridgeTables();
});

const run = (text: string, command: Parameters<typeof parseMeter>[1] = "add") =>
  tables.apply([parseMeter(text, command)], 0);

describe("text of meters", () => {
  it("prints recorded meters as they were", () => {
    const [{ lines }] = recordedFiles("1-single-chassis/with-acl-meter/ofctl-dump-meters.txt");
    const text = lines.slice(1).join("\n").trimEnd();
    run(text);
    expect(formatMeter(tables.meters.get(1)!)).toBe(text);
  });

  it("prints bursts and several bands", () => {
    run("meter=7 kbps burst stats bands=type=drop rate=1000 burst_size=200,type=drop,rate=2000,burst_size=300");
    expect(formatMeter(tables.meters.get(7)!)).toBe(
      "meter=7 kbps burst stats bands=\ntype=drop rate=1000 burst_size=200\ntype=drop rate=2000 burst_size=300",
    );
  });

  it.each([
    ["pktps bands=type=drop rate=1", "must specify 'meter'"],
    ["meter=1 bands=type=drop rate=1", "meter must specify either 'kbps' or 'pktps'"],
    ["meter=1 kbps", "must specify bands"],
    ["meter=1 kbps bands=", "meter must have bands"],
    ["meter=1 kbps bands=rate=1", "band must start with the 'type' keyword"],
    ["meter=1 kbps bands=type=drop", "band must have 'rate'"],
    ["meter=1 kbps burst bands=type=drop rate=1", "band must have 'burst_size' when 'burst' flag is set"],
    ["meter=1 kbps bands=type=drop rate=1 burst_size=2", "band may have 'burst_size' only when 'burst' flag is set"],
    ["meter=0 kbps bands=type=drop rate=1", "invalid value for meter"],
    ["meter=1 kbps fast bands=type=drop rate=1", "unknown keyword fast"],
  ])("%s is refused", (text, sentence) => {
    expect(() => parseMeter(text)).toThrow(sentence);
  });
});

describe("meter mods", () => {
  const limit = "kbps bands=type=drop rate=1";

  it("refuse what exists and what does not", () => {
    run(`meter=1 ${limit}`);
    expect(() => run(`meter=1 ${limit}`)).toThrow("OFPMMFC_METER_EXISTS");
    expect(() => run(`meter=2 ${limit}`, "modify")).toThrow("OFPMMFC_UNKNOWN_METER");
  });

  it("give each meter an index of the datapath, and give it again once it is free", () => {
    for (const id of [10, 20, 30]) run(`meter=${id} ${limit}`);
    run("meter=20", "delete");
    run(`meter=40 ${limit}`);
    run("meter=10 pktps bands=type=drop rate=5", "modify");
    expect(tables.meters.all().map(({ id, datapathIndex }) => [id, datapathIndex])).toEqual([
      [10, 0],
      [30, 2],
      [40, 1],
    ]);
    expect(tables.meters.get(10)?.unit).toBe("pktps");
  });

  it("know the virtual meters", () => {
    run(`meter=controller ${limit}`);
    expect(tables.meters.all().map(formatMeter)).toEqual(["meter=controller kbps bands=\ntype=drop rate=1"]);
  });
});
