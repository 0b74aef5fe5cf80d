import { describe, expect, it } from "vitest";
import {
  flowCounters,
  formatDatapathFlow,
  formatTcpFlagLetters,
  parseDatapathFlow,
} from "../../../src/slowpath/odp/flow.ts";
import type { DatapathPortNames } from "../../../src/slowpath/odp/port-names.ts";
import { recordedFiles } from "../reference.ts";

/** OVN's only option: logical ports, class 0x102, type 0x80. */
const tunnelOptions = [{ index: 0, class: 0x102, type: 0x80, offset: 0, bytes: 4 }];

/** Numbers every name it meets. */
function anyPorts(): DatapathPortNames {
  const names: string[] = [];
  return {
    nameOf: (port) => names[port],
    numberOf: (name) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1),
  };
}

describe("recorded datapath flows", () => {
  it.each(recordedFiles("**/dpctl-dump-flows*.txt"))("of $path print as they were", ({ lines }) => {
    for (const line of lines.filter((text) => text.includes("packets:"))) {
      const options = { ports: anyPorts(), tunnelOptions, verbose: line.startsWith("ufid:") };
      expect(formatDatapathFlow(parseDatapathFlow(line, options), options)).toBe(line);
    }
  });
});

describe("a flow that the kernel forwards", () => {
  it("says so in verbose text, in OVS's words", () => {
    const text =
      "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(frag=no), packets:3, bytes:180, used:0.030s, offloaded:yes, dp:tc, actions:2";
    const flow = parseDatapathFlow(text);
    expect(flow.offloaded).toBe(true);
    expect(formatDatapathFlow(flow, { verbose: true })).toContain(", used:0.030s, offloaded:yes, dp:tc, actions:2");
    expect(formatDatapathFlow(flow)).toContain(", used:0.030s, actions:2");
    expect(formatDatapathFlow({ ...flow, offloaded: false }, { verbose: true })).toContain(", dp:ovs, actions:2");
  });
});

describe("counters of a flow", () => {
  it("say how long ago the last packet was", () => {
    const statistics = { packets: 3n, bytes: 180n, used: 7000, tcpFlags: 0x12, offloads: 0 };
    expect(flowCounters(statistics, 7030)).toEqual({
      packets: 3n,
      bytes: 180n,
      idle: 30,
      tcpFlags: 0x12,
      offloaded: false,
    });
    expect(flowCounters({ ...statistics, used: 0 }, 7030).idle).toBeUndefined();
  });

  it.each([
    [0x02, "S"],
    [0x1b, "SFP."],
    [0x1d, "FPR."],
    [0x1ff, "SFPRU.ECN"],
  ])("show TCP flags %i as %s", (flags, letters) => {
    expect(formatTcpFlagLetters(flags)).toBe(letters);
  });
});

describe("lines that are no flows", () => {
  it.each(["", "flow-dump from the main thread:", "in_port(1), packets:x, bytes:0, used:never, actions:drop"])(
    "%s is refused",
    (line) => {
      expect(() => parseDatapathFlow(line)).toThrow("not a line of dump-flows");
    },
  );
});
