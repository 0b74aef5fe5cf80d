/** Where the switch works: among the kernel's devices, or with --enable-dummy in a world of its own. */
import type { Datapath } from "../../fastpath/datapath.ts";
import { WorkerDatapath } from "../../fastpath/worker-datapath.ts";
import type { Devices } from "../../ovsdb/reconciler/devices.ts";
import { dummyKinds, type FindKind } from "../../ovsdb/reconciler/kinds/list.ts";
import { DATAPATH_TYPES } from "../../ovsdb/reconciler/reconciler.ts";
import type { Switch } from "../../slowpath/switch.ts";
import type { DummyPorts, TunnelTables, VirtualClock } from "../../unixctl/vswitchd.ts";
import type { Vlog } from "../../vlog/vlog.ts";
import type { VswitchdOptions } from "./options.ts";

export interface World {
  readonly datapath: Datapath;
  readonly datapathTypes: ReadonlySet<string>;
  /** What is left out is the usual. */
  readonly now?: () => number;
  readonly clock?: VirtualClock;
  readonly dummies?: DummyPorts;
  readonly tunnels?: TunnelTables;
  readonly findKind?: FindKind;
  readonly moreInterfaceTypes?: readonly string[];
  readonly devices?: Devices;
  /** Called when the clock has been moved, before whoever moved it is told. */
  afterWarp?(settle: () => Promise<void>): void;
  /** To be told of the switch that was made in it. */
  settle?(owner: Switch): void;
}

export async function makeWorld(dummy: VswitchdOptions["dummy"], vlog: Vlog): Promise<World> {
  if (dummy === false) return { datapath: await WorkerDatapath.start(), datapathTypes: DATAPATH_TYPES };
  const { DummyDatapath } = await import("./dummy/datapath.ts");
  const log = vlog.logger("netdev_dummy");
  const datapath = new DummyDatapath((text) => log.warn(text));
  return {
    datapath,
    datapathTypes: new Set([...DATAPATH_TYPES, "dummy"]),
    now: () => datapath.now,
    clock: datapath,
    dummies: datapath,
    tunnels: datapath.host,
    findKind: dummyKinds(datapath, dummy !== "enabled"),
    moreInterfaceTypes: ["dummy", "dummy-internal", "dummy-pmd"],
    devices: noDevices,
    afterWarp(settle) {
      datapath.afterWarp = settle;
    },
    settle(owner) {
      owner.allowsDebugActions = true;
      datapath.afterStep = () => owner.sweep();
    },
  };
}

const noDevices: Devices = { refresh() {}, find: () => undefined, forget() {} };
