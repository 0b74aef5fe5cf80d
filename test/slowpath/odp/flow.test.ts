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

describe("counters of a flow", () => {
  it("say how long ago the last packet was", () => {
    const statistics = { packets: 3n, bytes: 180n, used: 7000, tcpFlags: 0x12 };
    expect(flowCounters(statistics, 7030)).toEqual({ packets: 3n, bytes: 180n, idle: 30, tcpFlags: 0x12 });
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
