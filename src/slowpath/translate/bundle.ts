/** bundle's choice among its members: the first that is up, or the highest of their hashes with the packet's. */
import type { OfPort } from "../actions/action.ts";
import type { ActionOf } from "../actions/definition.ts";
import {
  PORT_ALL,
  PORT_CONTROLLER,
  PORT_FLOOD,
  PORT_IN_PORT,
  PORT_NONE,
  PORT_NORMAL,
  PORT_TABLE,
} from "../flow/port-text.ts";
import { isAlive } from "./bridge.ts";
import type { TranslationContext } from "./context.ts";
import { hash2Words } from "./flow-hash.ts";
import { hashFieldSets } from "./multipath.ts";

const alwaysUp: readonly OfPort[] = [PORT_IN_PORT, PORT_TABLE, PORT_NORMAL, PORT_FLOOD, PORT_ALL, PORT_NONE];

function isUp(context: TranslationContext, member: OfPort): boolean {
  if (alwaysUp.includes(member)) return true;
  return member !== PORT_CONTROLLER && isAlive(context.port(member));
}

/** PORT_NONE when no member is up. */
export function chooseMember(context: TranslationContext, action: ActionOf<"bundle">): OfPort {
  const { members, algorithm, fields, basis } = action;
  if (algorithm === "active_backup") return members.find((member) => isUp(context, member)) ?? PORT_NONE;
  const hash = hashFieldSets.get(fields)!(context, basis);
  let best = PORT_NONE;
  let bestHash = -1;
  members.forEach((member, i) => {
    if (!isUp(context, member)) return;
    const memberHash = hash2Words(i, hash);
    if (memberHash > bestHash) {
      best = member;
      bestHash = memberHash;
    }
  });
  return best;
}
