/**
 * `dec_ttl`, `dec_ttl(ID,…)`: one hop less. A packet whose TTL is used up goes to the controllers named (with their own
 * reason) and the rest of the list does not run. `dec_ttl` tells controller 0, `dec_ttl()` tells none.
 */
import { KEY_ETH_TYPE, KEY_NW_PROTO, KEY_NW_TTL } from "../../../assembly/layout/key.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6 } from "../flow/prerequisites.ts";
import { sendToController } from "../translate/controller.ts";
import { markBytes } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseInteger } from "./scan.ts";

export const decTtl: ActionDefinition<ActionOf<"dec_ttl">> = {
  type: "dec_ttl",
  keywords: ["dec_ttl"],
  parse({ separator, value }) {
    if (separator === "") return { type: "dec_ttl", controllers: [0] };
    const ids = value.split(/[\s,]+/).filter((id) => id !== "");
    return { type: "dec_ttl", controllers: ids.map((id) => parseInteger(id, 0xffff, "controller ID")) };
  },
  format({ controllers }) {
    return controllers.length === 1 && controllers[0] === 0 ? "dec_ttl" : `dec_ttl(${controllers.join(",")})`;
  },
  translate(context, { controllers }) {
    const { flow, wildcards } = context;
    const etherType = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
    if (etherType !== ETH_TYPE_IP && etherType !== ETH_TYPE_IPV6) return undefined;
    wildcards[KEY_NW_TTL] = 0xff;
    wildcards[KEY_NW_PROTO] = 0xff;
    if (flow[KEY_NW_TTL] > 1) {
      flow[KEY_NW_TTL]--;
      markBytes(context, KEY_NW_TTL, 1);
      return undefined;
    }
    for (const controllerId of controllers) {
      sendToController(context, {
        type: "controller",
        maxLength: 0xffff,
        controllerId,
        reason: "invalid_ttl",
        pause: false,
      });
    }
    context.report("warning", `IPv${etherType === ETH_TYPE_IP ? 4 : 6} decrement TTL exception`);
    return "stop";
  },
};
