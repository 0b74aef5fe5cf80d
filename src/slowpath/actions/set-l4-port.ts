/** `mod_tp_src:PORT`, `mod_tp_dst:PORT`: the port of whatever TCP, UDP or SCTP the packet turns out to be. */
import { field } from "../flow/fields.ts";
import { fieldMask } from "../flow/flow.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import { writeField } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseInteger } from "./scan.ts";

const sources = ["tcp_src", "udp_src", "sctp_src"].map(field);
const destinations = ["tcp_dst", "udp_dst", "sctp_dst"].map(field);

export const setL4Port: ActionDefinition<ActionOf<"set_l4_port">> = {
  type: "set_l4_port",
  keywords: ["mod_tp_src", "mod_tp_dst"],
  parse: ({ key, value }) => ({
    type: "set_l4_port",
    source: key.toLowerCase() === "mod_tp_src",
    port: parseInteger(value, 0xffff, key.toLowerCase() === "mod_tp_src" ? "source port" : "destination port"),
  }),
  format: ({ source, port }) => `mod_tp_${source ? "src" : "dst"}:${port}`,
  translate(context, { source, port }) {
    for (const target of source ? sources : destinations) {
      if (!hasPrerequisites(context.flow, target, context.wildcards)) continue;
      writeField(context, target, Uint8Array.of(port >> 8, port & 0xff), fieldMask(target));
      return undefined;
    }
    return undefined;
  },
};
