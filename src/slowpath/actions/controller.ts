/** `controller(…)`: the packet goes to the controller; with `pause`, translation goes on when the controller resumes it. */
import { sendToController } from "../translate/controller.ts";
import type { ControllerAction } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";
import { toController } from "./output.ts";
import { ActionSyntaxError, formatHexBytes, parseHexBytes, parseInteger, tokens } from "./scan.ts";

const WHOLE_PACKET = 0xffff;
const reasons: readonly string[] = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"];

function parseReason(text: string): ControllerAction["reason"] {
  if (!reasons.includes(text)) throw new ActionSyntaxError(`unknown reason "${text}"`);
  return text as ControllerAction["reason"];
}

function parseArguments(text: string): ControllerAction {
  let result: ControllerAction = {
    type: "controller",
    maxLength: WHOLE_PACKET,
    controllerId: 0,
    reason: "action",
    pause: false,
  };
  if (/^\d+$/.test(text.trim())) return { ...result, maxLength: parseInteger(text, WHOLE_PACKET, "max_len") };
  for (const { key, value } of tokens(text)) {
    switch (key) {
      case "reason":
        result = { ...result, reason: parseReason(value) };
        break;
      case "max_len":
        result = { ...result, maxLength: parseInteger(value, WHOLE_PACKET, "max_len") };
        break;
      case "id":
        result = { ...result, controllerId: parseInteger(value, 0xffff, "controller ID") };
        break;
      case "userdata":
        result = { ...result, userdata: parseHexBytes(value) };
        break;
      case "pause":
        result = { ...result, pause: true };
        break;
      case "meter_id":
        result = { ...result, meterId: parseInteger(value, 0xffff_ffff, "meter_id") };
        break;
      default:
        throw new ActionSyntaxError(`unknown key "${key}" parsing controller action`);
    }
  }
  return result;
}

/** Nothing that `CONTROLLER:max_len` could not say. */
function isPlain(action: ControllerAction): boolean {
  const { reason, controllerId, userdata, pause, meterId } = action;
  return reason === "action" && controllerId === 0 && !userdata?.length && !pause && meterId === undefined;
}

export const controller: ActionDefinition<ControllerAction> = {
  type: "controller",
  keywords: ["controller"],
  parse(token) {
    const action = parseArguments(token.value);
    return isPlain(action) ? toController(action.maxLength) : action;
  },
  format(action) {
    if (isPlain(action)) return `CONTROLLER:${action.maxLength}`;
    const parts: string[] = [];
    if (action.reason !== "action") parts.push(`reason=${action.reason}`);
    if (action.maxLength !== WHOLE_PACKET) parts.push(`max_len=${action.maxLength}`);
    if (action.controllerId !== 0) parts.push(`id=${action.controllerId}`);
    if (action.userdata?.length) parts.push(`userdata=${formatHexBytes(action.userdata)}`);
    if (action.pause) parts.push("pause");
    if (action.meterId !== undefined) parts.push(`meter_id=${action.meterId}`);
    return `controller(${parts.join(",")})`;
  },
  translate(context, action, place) {
    if (action.pause) context.pauseFor(action, place);
    else sendToController(context, action);
    return undefined;
  },
};
