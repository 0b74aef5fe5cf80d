/**
 * Packets for the controller. They cannot be made from a megaflow: each packet of the flow is translated, and translation
 * says as a side effect what to send, with the edits that the frame has had by then.
 */
import { KEY_SIZE, KEY_TUN_ID } from "../../../assembly/layout/key.ts";
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { ControllerAction } from "../actions/action.ts";
import { isZero } from "../flow/flow.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import type { PacketInReason } from "./translation.ts";

/** The actions that make the received frame into what it is now, in whatever clone or bucket they were committed. */
function editsSoFar(context: TranslationContext): DatapathAction[] {
  const { actions, base, flow, input } = context;
  const committed = takeFlow(base);
  base.set(input.flow);
  // Tunnel fields are no part of the frame.
  base.set(flow.subarray(KEY_TUN_ID, KEY_SIZE), KEY_TUN_ID);
  const made: DatapathAction[] = [];
  context.actions = made;
  context.commit();
  context.actions = actions;
  base.set(committed);
  giveBack(committed);
  return made;
}

export type PacketInAction = Omit<ControllerAction, "reason"> & { readonly reason: PacketInReason };

export function sendToController(context: TranslationContext, action: PacketInAction, continuation?: number): void {
  if (continuation === undefined) context.commit();
  const { rule } = context;
  const missed = rule !== undefined && rule.priority === 0 && isZero(rule.match.mask);
  context.slow = "controller";
  context.effects.push({
    bridge: context.bridge.name,
    type: "packet_in",
    packetIn: {
      reason: action.reason === "action" && missed ? "explicit_miss" : action.reason,
      table: context.table,
      cookie: context.cookie,
      maxLength: action.maxLength,
      controllerId: action.controllerId,
      ...(action.userdata && { userdata: action.userdata }),
      ...(action.meterId !== undefined && { meterId: action.meterId }),
      flow: context.flow.slice(),
      pendingActions: editsSoFar(context),
      ...(continuation !== undefined && { continuation }),
    },
  });
  // Traces show where it happens; what is installed or executed never holds it.
  if (context.trace) {
    const index = context.effects.length - 1;
    context.actions.push({ type: "userspace", reason: "action", argument: index, cookie: context.cookie });
  }
}
