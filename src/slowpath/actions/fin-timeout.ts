/** `fin_timeout(idle_timeout=N,hard_timeout=N)`: a TCP packet with FIN or RST shortens its rule's timeouts. */
import { KEY_NW_PROTO } from "../../../assembly/layout/key.ts";
import { IP_PROTO_TCP } from "../flow/prerequisites.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger, tokens } from "./scan.ts";

export const finTimeout: ActionDefinition<ActionOf<"fin_timeout">> = {
  type: "fin_timeout",
  keywords: ["fin_timeout"],
  parse({ value }) {
    let idle = 0;
    let hard = 0;
    for (const { key, value: text } of tokens(value)) {
      if (key === "idle_timeout") idle = parseInteger(text, 0xffff, key);
      else if (key === "hard_timeout") hard = parseInteger(text, 0xffff, key);
      else throw new ActionSyntaxError(`invalid key '${key}' in 'fin_timeout' argument`);
    }
    return { type: "fin_timeout", idle, hard };
  },
  format({ idle, hard }) {
    const parts = [idle ? `idle_timeout=${idle}` : "", hard ? `hard_timeout=${hard}` : ""];
    return `fin_timeout(${parts.filter((part) => part !== "").join(",")})`;
  },
  translate(context, { idle, hard }) {
    context.wildcards[KEY_NW_PROTO] = 0xff;
    if (context.rule && context.flow[KEY_NW_PROTO] === IP_PROTO_TCP) {
      context.effects.push({ bridge: context.bridge.name, type: "fin_timeout", rule: context.rule, idle, hard });
    }
    return undefined;
  },
};
