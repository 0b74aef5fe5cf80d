/** Megaflows as dpctl/dump-flows and dpif/dump-flows print them. */
import { createHash } from "node:crypto";
import { KEY_NW_PROTO } from "../../assembly/layout/key.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { fullKey, type Megaflow } from "../slowpath/megaflow.ts";
import { formatDatapathActions } from "../slowpath/odp/actions.ts";
import { flowCounters, formatDatapathFlow } from "../slowpath/odp/flow.ts";
import type { DatapathPortNames } from "../slowpath/odp/port-names.ts";
import type { Switch } from "../slowpath/switch.ts";
import { portNames } from "./datapaths.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface LineOptions {
  readonly verbose: boolean;
  readonly names: boolean;
}

/** "ufid:4e48dc1e-cfb5-40ff-bc78-340c055abdbd": the same for as long as the megaflow lives. */
export function ufidOf({ key, mask }: Megaflow): string {
  const masked = key.map((byte, i) => byte & mask.bytes[i]);
  const digest = createHash("md5").update(masked).update(mask.bytes).digest("hex");
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What a megaflow does, or did, in words. */
export function megaflowActionsText(
  { datapath }: Switch,
  { key }: Megaflow,
  actions: readonly DatapathAction[],
  ports?: DatapathPortNames,
): string {
  const protocol = key[KEY_NW_PROTO] ?? 0;
  return formatDatapathActions(actions, { protocol, ports, tunnelOptions: datapath.geneveOptions });
}

/** A line of dpctl/dump-flows. */
export function flowLine(daemon: Vswitchd, flow: Megaflow, { verbose, names }: LineOptions): string {
  const { datapath, now } = daemon.switch;
  const ufid = verbose ? ufidOf(flow) : undefined;
  const counters = flowCounters(datapath.flowStatistics(flow), now());
  const { mask, actions } = flow;
  const ports = names ? portNames(daemon) : undefined;
  const tunnelOptions = datapath.geneveOptions;
  return formatDatapathFlow(
    { key: fullKey(flow), mask: mask.bytes, actions, ...counters, ufid },
    { verbose, ports, tunnelOptions },
  );
}

/** A line of dpif/dump-flows, which puts less into verbose lines. */
export function bridgeFlowLine(daemon: Vswitchd, flow: Megaflow, options: LineOptions): string {
  return flowLine(daemon, flow, options)
    .replace(/^(ufid:\S+), /, "$1 ")
    .replace(/(?:, offloaded:yes)?, dp:\w+, actions:/, ", actions:");
}
