/** What multipath and bundle hash, by its number on the wire. */
import { OpenFlowError } from "../wire/errors.ts";

const sets = ["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst", "symmetric_l3"];

export function hashFieldsOf(number: number): string {
  const name = sets[number];
  if (!name) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `hash fields ${number}`);
  return name;
}

export function hashFieldsNumber(name: string): number {
  return sets.indexOf(name);
}
