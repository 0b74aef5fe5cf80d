/** Where the switch works: among the kernel's devices, or with --enable-dummy in a world of its own. */
import type { Datapath } from "../../fastpath/datapath.ts";
import { WorkerDatapath } from "../../fastpath/worker-datapath.ts";
import type { Devices } from "../../ovsdb/reconciler/devices.ts";
import { dummyKinds, type FindKind } from "../../ovsdb/reconciler/kinds/list.ts";
import { DATAPATH_TYPES } from "../../ovsdb/reconciler/reconciler.ts";
import type { VirtualClock } from "../../unixctl/vswitchd.ts";
import type { VswitchdOptions } from "./options.ts";

export interface World {
  readonly datapath: Datapath;
  readonly datapathTypes: ReadonlySet<string>;
  /** What is left out is the usual. */
  readonly now?: () => number;
  readonly clock?: VirtualClock;
  readonly findKind?: FindKind;
  readonly moreInterfaceTypes?: readonly string[];
  readonly devices?: Devices;
}

export async function makeWorld(dummy: VswitchdOptions["dummy"]): Promise<World> {
  if (dummy === false) return { datapath: await WorkerDatapath.start(), datapathTypes: DATAPATH_TYPES };
  const { DummyDatapath } = await import("./dummy-datapath.ts");
  const datapath = new DummyDatapath();
  return {
    datapath,
    datapathTypes: new Set([...DATAPATH_TYPES, "dummy"]),
    now: () => datapath.now,
    clock: datapath,
    findKind: dummyKinds(dummy !== "enabled"),
    moreInterfaceTypes: ["dummy", "dummy-internal", "dummy-pmd"],
    devices: noDevices,
  };
}

const noDevices: Devices = { refresh() {}, find: () => undefined, forget() {} };
