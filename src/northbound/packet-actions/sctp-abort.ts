import { replyWith } from "./error-reply.ts";
import { PROTOCOL } from "./packet/ip.ts";
import { buildSctpAbort } from "./packet/sctp-abort.ts";
import type { PacketAction } from "./packet-action.ts";
import { OPCODE } from "./userdata.ts";

export const sctpAbort: PacketAction = {
  opcode: OPCODE.sctpAbort,
  handle: (input) =>
    replyWith(input, (packet) => {
      const payload = packet.protocol === PROTOCOL.sctp ? buildSctpAbort(packet) : undefined;
      return payload && { protocol: PROTOCOL.sctp, payload, ttl: 255 };
    }),
};
