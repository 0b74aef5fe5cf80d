/** Between OpenFlow ports and logical ports: tables 0, 64 and 65, and the way through a router's patch. */
import { join, resubmit } from "../actions.ts";
import { FLAG, hex, matchFlag, outPort } from "../registers.ts";
import type { RuleSet } from "../rules.ts";
import { INGRESS, LOGICAL_TO_PHYSICAL, PHYSICAL_TO_LOGICAL, SAVE_IN_PORT } from "../tables.ts";
import type { Datapath, Port } from "../topology.ts";
import { attachedPorts } from "./attached-ports.ts";

export function portRules(rules: RuleSet, datapaths: readonly Datapath[]): void {
  for (const datapath of datapaths) {
    const metadata = `metadata=${hex(datapath.key)}`;
    for (const port of attachedPorts(datapath)) {
      const leaves = [metadata, outPort(port.key)];
      rules.add(SAVE_IN_PORT, 100, [...leaves, matchFlag(FLAG.loopback)], backThroughInPort());
      if (port.kind === "switch port" && port.ofport !== undefined) {
        rules.add(PHYSICAL_TO_LOGICAL, 100, [`in_port=${port.ofport}`], join(enter(port), resubmit(INGRESS)));
        rules.add(LOGICAL_TO_PHYSICAL, 100, leaves, `output:${port.ofport}`);
      } else if (port.peer) {
        rules.add(LOGICAL_TO_PHYSICAL, 100, leaves, throughPatch(port.peer));
      }
    }
  }
  rules.add(PHYSICAL_TO_LOGICAL, 0, [], "drop");
  rules.add(SAVE_IN_PORT, 0, [], resubmit(LOGICAL_TO_PHYSICAL));
  rules.add(LOGICAL_TO_PHYSICAL, 0, [], "drop");
}

/** Conntrack zones of a port: its own if it has one, and its datapath's two. */
export function zonesOf({ zone, owner }: Port): string {
  return join(
    zone === undefined ? "" : `set_field:${hex(zone)}->reg13`,
    `set_field:${hex(owner.dnatZone)}->reg11`,
    `set_field:${hex(owner.snatZone)}->reg12`,
  );
}

function enter(port: Port): string {
  return join(zonesOf(port), `set_field:${hex(port.owner.key)}->metadata`, `set_field:${hex(port.key)}->reg14`);
}

/** OpenFlow drops a packet that would leave by the port it came in by; with in_port out of the way it does not. */
function backThroughInPort(): string {
  return join("push:NXM_OF_IN_PORT[]", "set_field:ANY->in_port", resubmit(LOGICAL_TO_PHYSICAL), "pop:NXM_OF_IN_PORT[]");
}

const clear = (registers: readonly number[]): string =>
  join(...registers.map((register) => `set_field:0->reg${register}`));

/** Out of this datapath and into the next, which must find nothing of ours: no tracking state, no registers. */
function throughPatch(peer: Port): string {
  const scratch = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return `clone(${join("ct_clear", clear([11, 12, 13]), enter(peer), clear([10, 15, ...scratch]), resubmit(INGRESS))})`;
}

export const FORGET_SCRATCH = clear([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
