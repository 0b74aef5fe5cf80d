/** Why a packet goes to the controller (OFPR_*). */
import type { ControllerAction } from "../../slowpath/actions/action.ts";
import type { PacketInReason } from "../../slowpath/translate/translation.ts";
import { OF13, OF14, type Version } from "./version.ts";

export type { PacketInReason } from "../../slowpath/translate/translation.ts";

/** By their number. */
export const reasons: readonly ControllerAction["reason"][] = [
  "no_match",
  "action",
  "invalid_ttl",
  "action_set",
  "group",
  "packet_out",
];
/** With those that are never on the wire. */
const all: readonly PacketInReason[] = [...reasons, "explicit_miss", "implicit_miss"];

export function reasonNumber(reason: PacketInReason): number {
  return all.indexOf(reason);
}

/**
 * Before OpenFlow 1.4 whatever a group, the action set or a packet-out sent was sent by "action"; before 1.3 there were no rules for
 * misses: what one sends is sent by its action.
 */
export function reasonNumberIn(version: Version, reason: PacketInReason): number {
  switch (reason) {
    case "action_set":
    case "group":
    case "packet_out":
      return reasonNumber(version < OF14 ? "action" : reason);
    case "explicit_miss":
      return reasonNumber(version < OF13 ? "action" : "no_match");
    case "implicit_miss":
      return reasonNumber("no_match");
    default:
      return reasonNumber(reason);
  }
}
