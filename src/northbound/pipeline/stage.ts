/** A stage of a logical pipeline: one table for all switches, or for all routers. */

import type { GroupSet } from "./groups.ts";
import type { Identities } from "./identities.ts";
import type { Conjunction } from "./rules.ts";

export interface Stage<Datapath> {
  /** OVN's name: ls_in_pre_lb. */
  readonly name: string;
  rules(add: AddRule, datapath: Datapath, here: Place): void;
}

/** Adds a rule of this stage, for this datapath only. */
export type AddRule = (priority: number, match: Conjunction, actions: string) => void;

export interface Place {
  /** On to the next stage. */
  readonly next: string;
  /** Out of this pipeline: to the egress pipeline, or to the port. */
  readonly output: string;
  /** This stage's table, and the one after it. */
  readonly table: number;
  readonly nextTable: number;
  readonly groups: GroupSet;
  readonly identities: Identities;
}

/** A stage of OVN's that has nothing to do here; it keeps its place so that tables have OVN's numbers. */
export function passThrough<Datapath>(name: string): Stage<Datapath> {
  return { name, rules: (add, _datapath, { next }) => add(0, [], next) };
}
