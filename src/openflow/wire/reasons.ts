/** Why a packet goes to the controller (OFPR_*). */
import type { ControllerAction } from "../../slowpath/actions/action.ts";
import { OF14, type Version } from "./version.ts";

export type PacketInReason = ControllerAction["reason"];

/** By their number. */
export const reasons: readonly PacketInReason[] = [
  "no_match",
  "action",
  "invalid_ttl",
  "action_set",
  "group",
  "packet_out",
];

export function reasonNumber(reason: PacketInReason): number {
  return reasons.indexOf(reason);
}

/** Before OpenFlow 1.4 whatever a group, the action set or a packet-out sent was sent by "action". */
export function reasonNumberIn(version: Version, reason: PacketInReason): number {
  const number = reasonNumber(reason);
  return version < OF14 && number > reasonNumber("invalid_ttl") ? reasonNumber("action") : number;
}
