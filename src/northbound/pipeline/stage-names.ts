/** Names for traces: what a table is, to a switch and to a router. */
import { ROUTER_EGRESS, ROUTER_INGRESS } from "./router/list.ts";
import { SWITCH_EGRESS, SWITCH_INGRESS } from "./switch/list.ts";
import * as tables from "./tables.ts";

const PHYSICAL = new Map<number, string>([
  [tables.PHYSICAL_TO_LOGICAL, "physical to logical"],
  [tables.OUTPUT_LARGE_PACKETS, "output: large packets"],
  [tables.OUTPUT_REMOTE, "output: remote"],
  [tables.OUTPUT_FLOOD, "output: flood"],
  [tables.OUTPUT_LOCAL, "output: local"],
  [tables.CHECK_LOOPBACK, "check loopback"],
  [tables.SAVE_IN_PORT, "save in_port"],
  [tables.LOGICAL_TO_PHYSICAL, "logical to physical"],
  [tables.NEIGHBOR_BINDING, "neighbour binding"],
  [tables.NEIGHBOR_LOOKUP, "neighbour lookup"],
  [tables.CHECK_HAIRPIN, "check load balancer hairpin"],
  [tables.CHECK_HAIRPIN_REPLY, "check load balancer hairpin reply"],
  [tables.HAIRPIN_SNAT, "load balancer hairpin SNAT"],
  [tables.STATION_BINDING, "station binding"],
  [tables.STATION_LOOKUP, "station lookup"],
  [tables.CHECK_IN_PORT_SECURITY, "check ingress port security"],
  [tables.CHECK_IN_PORT_SECURITY_ND, "check ingress port security of neighbour discovery"],
  [tables.CHECK_OUT_PORT_SECURITY, "check egress port security"],
]);

export function stageNameOf(table: number, kind: "switch" | "router" | undefined): string | undefined {
  const physical = PHYSICAL.get(table);
  if (physical || kind === undefined) return physical;
  const [ingress, egress] = kind === "switch" ? [SWITCH_INGRESS, SWITCH_EGRESS] : [ROUTER_INGRESS, ROUTER_EGRESS];
  return (ingress[table - tables.INGRESS] ?? egress[table - tables.EGRESS])?.name;
}
