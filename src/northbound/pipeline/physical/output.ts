/**
 * From the logical output port to the egress pipeline: tables 37 to 41.
 *
 * One machine has no tunnels, so 37 and 38 only pass on. A flood runs the egress pipeline once for each port of the group; links
 * to distributed routers come first (table 39), everything with a zone of its own after (table 40).
 */
import { join, resubmit } from "../actions.ts";
import { FLOOD, FLOOD_STATIONS, FLOOD_UNKNOWN } from "../multicast-groups.ts";
import { FLAG, hex, inPort, matchFlag, outPort, setOutPort } from "../registers.ts";
import type { RuleSet } from "../rules.ts";
import { CHECK_LOOPBACK, EGRESS, OUTPUT_FLOOD, OUTPUT_LARGE_PACKETS, OUTPUT_LOCAL, OUTPUT_REMOTE } from "../tables.ts";
import type { Datapath, Port, Switch } from "../topology.ts";
import { attachedPorts } from "./attached-ports.ts";
import { FORGET_SCRATCH, zonesOf } from "./ports.ts";

export function outputRules(rules: RuleSet, datapaths: readonly Datapath[]): void {
  rules.add(OUTPUT_LARGE_PACKETS, 0, [], resubmit(OUTPUT_FLOOD));
  rules.add(OUTPUT_REMOTE, 10, [matchFlag(FLAG.loopback)], resubmit(OUTPUT_LOCAL));
  rules.add(OUTPUT_REMOTE, 0, [], resubmit(OUTPUT_FLOOD));
  rules.add(OUTPUT_FLOOD, 150, [matchFlag(FLAG.localOnly)], resubmit(OUTPUT_LOCAL));
  rules.add(OUTPUT_FLOOD, 150, ["reg10=0x2/0x3"], resubmit(OUTPUT_LOCAL));
  rules.add(OUTPUT_FLOOD, 0, [], resubmit(OUTPUT_LOCAL));
  rules.add(OUTPUT_LOCAL, 0, [], "drop");
  rules.add(CHECK_LOOPBACK, 0, [], join(FORGET_SCRATCH, resubmit(EGRESS)));
  for (const datapath of datapaths) {
    const metadata = `metadata=${hex(datapath.key)}`;
    for (const port of attachedPorts(datapath)) {
      rules.add(OUTPUT_LOCAL, 100, [metadata, outPort(port.key)], join(zonesOf(port), resubmit(CHECK_LOOPBACK)));
      // Not back by the port of entry, unless somebody asked for it.
      rules.add(
        CHECK_LOOPBACK,
        100,
        [metadata, matchFlag(FLAG.loopback, 0), inPort(port.key), outPort(port.key)],
        "drop",
      );
    }
    if (datapath.kind === "switch") for (const group of groupsOf(datapath)) floodRules(rules, metadata, group);
  }
}

interface FloodGroup {
  readonly key: number;
  readonly ports: readonly Port[];
}

function groupsOf(logicalSwitch: Switch): readonly FloodGroup[] {
  const attached = attachedPorts(logicalSwitch).filter((port) => port.enabled);
  const stations = attached.filter((port) => port.kind === "switch port" && port.type !== "router");
  const unknown = stations.filter((port) => port.kind === "switch port" && port.unknown);
  return [
    { key: FLOOD, ports: attached },
    { key: FLOOD_UNKNOWN, ports: unknown },
    { key: FLOOD_STATIONS, ports: stations },
  ].filter(({ ports }) => ports.length > 0);
}

function floodRules(rules: RuleSet, metadata: string, { key, ports }: FloodGroup): void {
  const copy = (port: Port): string =>
    join(
      port.zone === undefined ? "" : `set_field:${hex(port.zone)}->reg13`,
      setOutPort(port.key),
      resubmit(CHECK_LOOPBACK),
    );
  const match = [metadata, outPort(key)];
  const links = ports.filter(({ zone }) => zone === undefined);
  const local = ports.filter(({ zone }) => zone !== undefined);
  if (links.length > 0) {
    rules.add(OUTPUT_FLOOD, 100, match, join(...links.map(copy), setOutPort(key), resubmit(OUTPUT_LOCAL)));
  }
  if (local.length > 0) rules.add(OUTPUT_LOCAL, 100, match, join(...local.map(copy), setOutPort(key)));
}
