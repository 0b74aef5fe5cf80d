import type { PacketAction } from "./packet-action.ts";
import { inPortKey } from "./pipeline-registers.ts";
import { OPCODE } from "./userdata.ts";

/** A backend answered a health check. */
export const serviceCheck: PacketAction = {
  opcode: OPCODE.serviceCheck,
  handle: ({ packet, fields, network }) => network.serviceAnswered(fields.metadata, inPortKey(fields), packet),
};
