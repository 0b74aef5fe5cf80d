/**
 * Packets for the controller. They cannot be made from a megaflow: each packet of the flow is translated, and translation
 * says as a side effect what to send, with the edits that the frame has had by then.
 */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { ControllerAction } from "../actions/action.ts";
import { isZero } from "../flow/flow.ts";
import type { TranslationContext } from "./context.ts";

/** The actions that change the frame's bytes. */
function edits(actions: readonly DatapathAction[]): DatapathAction[] {
  return actions.filter(({ type }) => type === "set" || type.startsWith("push_") || type.startsWith("pop_"));
}

export function sendToController(context: TranslationContext, action: ControllerAction, continuation?: number): void {
  if (continuation === undefined) context.commit();
  const { rule } = context;
  const missed = rule !== undefined && rule.priority === 0 && isZero(rule.match.mask);
  context.slow = "controller";
  context.effects.push({
    bridge: context.bridge.name,
    type: "packet_in",
    packetIn: {
      reason: action.reason === "action" && missed ? "no_match" : action.reason,
      table: context.table,
      cookie: context.cookie,
      maxLength: action.maxLength,
      controllerId: action.controllerId,
      ...(action.userdata && { userdata: action.userdata }),
      ...(action.meterId !== undefined && { meterId: action.meterId }),
      flow: context.flow.slice(),
      pendingActions: edits(context.actions),
      ...(continuation !== undefined && { continuation }),
    },
  });
  // Traces show where it happens; what is installed or executed never holds it.
  if (context.trace) {
    const index = context.effects.length - 1;
    context.actions.push({ type: "userspace", reason: "action", argument: index, cookie: context.cookie });
  }
}
