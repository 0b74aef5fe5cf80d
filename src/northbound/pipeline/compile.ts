/** From the database to the rules and groups that the switch should have; what packets taught is in physical/learned.ts. */
import type { Reader } from "../database/database.ts";
import type { Program } from "./changes.ts";
import { GroupSet } from "./groups.ts";
import type { Identities } from "./identities.ts";
import { hairpinRules } from "./physical/hairpin.ts";
import { outputRules } from "./physical/output.ts";
import { portSecurityRules } from "./physical/port-security.ts";
import { portRules } from "./physical/ports.ts";
import { hex } from "./registers.ts";
import { ROUTER_EGRESS, ROUTER_INGRESS } from "./router/list.ts";
import { RuleSet } from "./rules.ts";
import type { Stage } from "./stage.ts";
import { SWITCH_EGRESS, SWITCH_INGRESS } from "./switch/list.ts";
import { EGRESS, INGRESS, OUTPUT_LARGE_PACKETS, SAVE_IN_PORT } from "./tables.ts";
import { buildTopology, type Datapath, type Topology } from "./topology.ts";

export interface Compilation {
  readonly program: Program;
  readonly topology: Topology;
}

export function compile(reader: Reader, bindings: ReadonlyMap<string, number>, identities: Identities): Compilation {
  const topology = buildTopology(reader, identities, bindings);
  const rules = new RuleSet();
  const groups = new GroupSet();
  const datapaths: readonly Datapath[] = [...topology.switches, ...topology.routers];
  portRules(rules, datapaths);
  outputRules(rules, datapaths);
  for (const datapath of topology.switches) {
    pipeline(SWITCH_INGRESS, INGRESS, OUTPUT_LARGE_PACKETS, datapath);
    pipeline(SWITCH_EGRESS, EGRESS, SAVE_IN_PORT, datapath);
  }
  for (const datapath of topology.routers) {
    pipeline(ROUTER_INGRESS, INGRESS, OUTPUT_LARGE_PACKETS, datapath);
    pipeline(ROUTER_EGRESS, EGRESS, SAVE_IN_PORT, datapath);
  }
  hairpinRules(rules, topology.switches);
  portSecurityRules(rules, topology.switches);
  return { program: { rules: rules.rules(), groups: groups.groups() }, topology };

  function pipeline<D extends Datapath>(stages: readonly Stage<D>[], first: number, output: number, datapath: D): void {
    const metadata = `metadata=${hex(datapath.key)}`;
    stages.forEach((stage, i) => {
      const table = first + i;
      stage.rules((priority, match, actions) => rules.add(table, priority, [metadata, ...match], actions), datapath, {
        next: `resubmit(,${table + 1})`,
        output: `resubmit(,${output})`,
        table,
        nextTable: table + 1,
        groups,
        identities,
      });
    });
  }
}
