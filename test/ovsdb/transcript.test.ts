/** The recorded session of the real ovs-vswitchd: what it was told, and what it wrote, against what we write. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import type { Json } from "../../src/json-rpc/message.ts";
import { DatabaseClient } from "../../src/ovsdb/client.ts";
import type { Device, Devices } from "../../src/ovsdb/reconciler/devices.ts";
import { Reconciler } from "../../src/ovsdb/reconciler/reconciler.ts";
import { DATABASE, LOCK, SELECTION } from "../../src/ovsdb/reconciler/tables.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { FakeServer } from "./support/fake-server.ts";
import { recordedSchema, recordedSession } from "./support/schema.ts";

const session = recordedSession();

/** Columns that the switch writes: they are its to fill. */
const written: Readonly<Record<string, readonly string[]>> = {
  Open_vSwitch: ["cur_cfg", "datapath_types", "iface_types", "dpdk_version"],
  Bridge: ["datapath_id", "datapath_version"],
  Interface: [
    "ofport",
    "mac_in_use",
    "mtu",
    "status",
    "link_state",
    "link_speed",
    "link_resets",
    "duplex",
    "admin_state",
    "ifindex",
  ],
};

type Tables = Record<string, Record<string, Record<string, Json>>>;

/** Rows as the real one's transactions left them: the last value of each column it wrote. */
function recordedWrites(until: number): Tables {
  const tables: Tables = {};
  for (const { n, dir, msg } of session) {
    if (n > until || dir !== "c2s" || msg.method !== "transact") continue;
    for (const operation of msg.params.slice(1)) {
      if (operation.op !== "update") continue;
      const uuid = operation.where[0][2][1];
      const kept = Object.entries(operation.row).filter(([column]) => written[operation.table]?.includes(column));
      tables[operation.table] ??= {};
      tables[operation.table][uuid] = { ...tables[operation.table][uuid], ...Object.fromEntries(kept) } as never;
    }
  }
  return tables;
}

/** The interfaces that the recorded machine had. */
class RecordedDevices implements Devices {
  readonly present = new Map<string, Device>();

  constructor() {
    const veth = (index: number, mac: string): Device => ({
      link: { index, name: "", up: true, carrier: true, mtu: 1500, mac },
      driver: { name: "veth", version: "1.0", firmware: "" },
      mode: { speed: 1e10, duplex: "full" },
    });
    this.present.set("veth1", veth(5, "76:ac:9e:6e:14:35"));
    this.present.set("veth3", veth(7, "ae:0a:f1:d4:50:da"));
    this.present.set("veth5", veth(9, "9e:31:76:7d:40:9d"));
    this.present.set("br-int", {
      link: { index: 3, name: "br-int", up: false, carrier: false, mtu: 1500, mac: "de:19:9e:bc:8c:27" },
      driver: { name: "tun", version: "1.6", firmware: "" },
      mode: { speed: 1e10, duplex: "full" },
    });
  }

  refresh(): void {}
  forget(): void {}
  find(name: string): Device | undefined {
    return this.present.get(name);
  }
}

let cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

async function start() {
  const server = await FakeServer.start({ schema: recordedSchema(session) });
  cleanUp.push(() => server.close());
  const initial = session.find(({ n }) => n === 8)!.msg.result[2] as Record<string, Record<string, { initial: never }>>;
  for (const [table, rows] of Object.entries(initial)) {
    server.tables[table] = Object.fromEntries(Object.entries(rows).map(([uuid, row]) => [uuid, row.initial]));
  }
  const datapath = new LocalDatapath();
  // Only here: the worker runs by itself.
  vi.spyOn(datapath, "barrier").mockImplementation(async () => datapath.run());
  const owner = new Switch({ datapath, timers: false });
  cleanUp.push(() => owner.close());
  const warnings: string[] = [];
  const reconciler: Reconciler = new Reconciler({
    switch: owner,
    client: () => client,
    devices: new RecordedDevices(),
    openBridge: async () => ({ configure() {}, controllerStatus: () => undefined, close: async () => {} }),
    log: { info() {}, warn: (text) => void warnings.push(text), err: (text) => void warnings.push(text) },
  });
  const client: DatabaseClient = new DatabaseClient({
    remote: server.remote,
    database: DATABASE,
    tables: SELECTION,
    lock: LOCK,
    log: { info() {}, warn: (text) => void warnings.push(text) },
    changed: () => reconciler.changed(),
  });
  cleanUp.push(async () => {
    client.close();
    await reconciler.close();
  });
  await reconciler.configured;
  return { server, owner, warnings };
}

/** What others than the switch changed: its own columns are left out. */
function foreign(n: number): Tables {
  const updates = session.find((message) => message.n === n)!.msg.params[2];
  const tables: Tables = {};
  for (const [table, rows] of Object.entries(updates)) {
    tables[table] = {};
    for (const [uuid, change] of Object.entries(rows as Record<string, Record<string, Record<string, Json>>>)) {
      const columns = change.insert ?? change.modify ?? null;
      tables[table][uuid] =
        columns === null
          ? (null as never)
          : Object.fromEntries(Object.entries(columns).filter(([column]) => !written[table]?.includes(column)));
    }
  }
  return tables;
}

/** The recorded updates give differences of `ports`; the fake server wants whole values. */
function wholePorts(tables: Tables, server: FakeServer): Tables {
  for (const [uuid, row] of Object.entries(tables.Bridge ?? {})) {
    if (row?.ports === undefined) continue;
    const list = (value: Json | undefined): Json[] =>
      value === undefined ? [] : (value as Json[])[0] === "set" ? ((value as Json[])[1] as Json[]) : [value];
    const had = new Map(list(server.tables.Bridge?.[uuid]?.ports).map((one) => [JSON.stringify(one), one]));
    for (const one of list(row.ports)) {
      if (!had.delete(JSON.stringify(one))) had.set(JSON.stringify(one), one);
    }
    row.ports = ["set", [...had.values()]];
  }
  return tables;
}

describe("the recorded session", () => {
  it("ends with the rows that the real one wrote", async () => {
    const { server, owner, warnings } = await start();
    // ovn-controller makes br-int; ovs-vsctl adds three ports and sets their ids.
    for (const n of [16, 25, 33, 37, 45, 49, 57]) {
      server.change(wholePorts(foreign(n), server));
      const next = Object.values(server.tables.Open_vSwitch)[0].next_cfg ?? 0;
      await vi.waitFor(() => expect(Object.values(server.tables.Open_vSwitch)[0].cur_cfg ?? 0).toBe(next));
    }
    await vi.waitFor(() => {
      for (const [table, rows] of Object.entries(recordedWrites(58))) {
        for (const [uuid, row] of Object.entries(rows)) expect(server.tables[table][uuid]).toMatchObject(row);
      }
    });
    expect(
      owner
        .bridge("br-int")
        .ports()
        .map(({ name, number }) => `${name} ${number}`),
    ).toEqual(["veth1 1", "veth3 2", "veth5 3", "br-int 65534"]);
    expect(warnings).toEqual([]);
  });

  it("gives the datapath the capabilities that the real one has", async () => {
    const { server } = await start();
    server.change(foreign(16));
    const mutation = session.find(({ n }) => n === 17)!.msg.params.find(({ op }: { op?: string }) => op === "mutate");
    const expected = new Map(mutation.mutations[0][2][1] as [string, string][]);
    expect(expected.size).toBe(27);
    await vi.waitFor(() => {
      const [row] = Object.values(server.tables.Datapath);
      expect(new Map((row.capabilities as [string, [string, string][]])[1])).toEqual(expected);
    });
  });

  it("goes on with a port that is deleted, and gives the next one another number", async () => {
    const { server, owner } = await start();
    for (const n of [16, 25, 37, 49, 109, 115]) {
      server.change(wholePorts(foreign(n), server));
      const next = Object.values(server.tables.Open_vSwitch)[0].next_cfg ?? 0;
      await vi.waitFor(() => expect(Object.values(server.tables.Open_vSwitch)[0].cur_cfg ?? 0).toBe(next));
    }
    expect(owner.bridge("br-int").portByName("veth3")!.number).toBe(4);
  });

  it("asserts the lock in every transaction, and writes no column twice to the same value", async () => {
    const { server } = await start();
    for (const n of [16, 25, 33]) server.change(wholePorts(foreign(n), server));
    await vi.waitFor(() => expect(Object.values(server.tables.Open_vSwitch)[0].cur_cfg).toBe(2));
    const values = new Set<string>();
    for (const operations of server.transactions) {
      expect(operations.at(-1)).toEqual({ op: "assert", lock: "ovs_vswitchd" });
      for (const operation of operations as { op: string; table: string; where: Json; row: object }[]) {
        if (operation.op !== "update") continue;
        for (const [column, value] of Object.entries(operation.row)) {
          const text = JSON.stringify([operation.table, operation.where, column, value]);
          expect(values.has(text), text).toBe(false);
          values.add(text);
        }
      }
    }
  });
});
