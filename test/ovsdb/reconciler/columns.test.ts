/** What Port and Bridge columns come to mean. */
import { describe, expect, it } from "vitest";
import { bridgeMac, datapathId, formatDatapathId } from "../../../src/ovsdb/reconciler/bridge-identity.ts";
import { portSettings, sameSettings } from "../../../src/ovsdb/reconciler/port-settings.ts";
import type { BridgeRow, PortRow } from "../../../src/ovsdb/reconciler/tables.ts";

function port(columns: Partial<PortRow>): PortRow {
  return { tag: undefined, trunks: new Set(), vlan_mode: undefined, protected: false, ...columns } as PortRow;
}

describe("a port's VLANs", () => {
  it.each<[string, Partial<PortRow>, unknown]>([
    ["nothing: a trunk of all", {}, undefined],
    ["a tag: access", { tag: 10 }, { mode: "access", tag: 10 }],
    ["trunks: a trunk of these", { trunks: new Set([1, 2]) }, { mode: "trunk", tag: 0, trunks: new Set([1, 2]) }],
    ["access without a tag: VLAN 0", { vlan_mode: "access" }, { mode: "access", tag: 0 }],
    [
      "native-untagged",
      { tag: 5, vlan_mode: "native-untagged" },
      { mode: "native-untagged", tag: 5, trunks: undefined },
    ],
    [
      "native-tagged with trunks",
      { tag: 5, trunks: new Set([6]), vlan_mode: "native-tagged" },
      { mode: "native-tagged", tag: 5, trunks: new Set([6]) },
    ],
    ["a trunk in spite of its tag", { tag: 5, vlan_mode: "trunk" }, undefined],
  ])("are read from %s", (_name, columns, vlan) => {
    expect(portSettings(port(columns)).vlan).toEqual(vlan);
  });

  it("differ when anything of them differs", () => {
    const settings = portSettings(port({ trunks: new Set([2, 1]) }));
    expect(sameSettings(settings, portSettings(port({ trunks: new Set([1, 2]) })))).toBe(true);
    for (const other of [{ trunks: new Set([1]) }, { tag: 1 }, {}, { trunks: new Set([1, 2]), protected: true }]) {
      expect(sameSettings(settings, portSettings(port(other)))).toBe(false);
    }
    expect(sameSettings({}, portSettings(port({})))).toBe(true);
  });
});

describe("a bridge's identity", () => {
  const bridge = (settings: Record<string, string>): BridgeRow =>
    ({ other_config: new Map(Object.entries(settings)) }) as Partial<BridgeRow> as BridgeRow;

  it("is the lowest manufacturer's address of its ports, unless one was given", () => {
    const madeUp = ["0a:00:00:00:00:01", "02:00:00:00:00:00", "00:00:00:00:00:00"];
    const ports = ["08:00:00:00:00:09", "08:00:00:00:00:02", "", "01:00:00:00:00:00", ...madeUp];
    expect(bridgeMac(bridge({}), ports, "0e:00:00:00:00:01")).toBe("08:00:00:00:00:02");
    expect(bridgeMac(bridge({}), madeUp, "0e:00:00:00:00:01")).toBe("0e:00:00:00:00:01");
    expect(bridgeMac(bridge({ hwaddr: "0A:BB:00:00:00:01" }), ports, "")).toBe("0a:bb:00:00:00:01");
    expect(bridgeMac(bridge({ hwaddr: "nonsense" }), ports, "")).toBe("08:00:00:00:00:02");
  });

  it("gives the datapath id, unless that was given", () => {
    const id = (settings: Record<string, string>) =>
      formatDatapathId(datapathId(bridge(settings), "de:19:9e:bc:8c:27"));
    expect(id({})).toBe("0000de199ebc8c27");
    expect(id({ "datapath-id": "fedcba9876543210" })).toBe("fedcba9876543210");
    expect(id({ "datapath-id": "0x2a" })).toBe("000000000000002a");
    expect(id({ "datapath-id": "0000000000000000" })).toBe("0000de199ebc8c27");
    expect(id({ "datapath-id": "2a" })).toBe("0000de199ebc8c27");
  });
});
