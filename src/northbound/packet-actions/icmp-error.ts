import { parseAddress } from "../network/ip.ts";
import { replyWith } from "./error-reply.ts";
import { buildIcmpError, mayAnswerWithError } from "./packet/icmp-error.ts";
import { PROTOCOL } from "./packet/ip.ts";
import type { PacketAction } from "./packet-action.ts";
import { OPCODE } from "./userdata.ts";

/** Arguments: type, code, ttl, and source if it is not the packet's destination. */
export const icmpError: PacketAction = {
  opcode: OPCODE.icmpError,
  handle: (input) =>
    replyWith(input, (packet) => {
      if (!mayAnswerWithError(packet)) return undefined;
      const { type, code, ttl, source } = input.arguments;
      const from = (source === undefined ? undefined : parseAddress(String(source))) ?? packet.destination;
      return {
        protocol: from.family === 4 ? PROTOCOL.icmp : PROTOCOL.icmpv6,
        payload: buildIcmpError(Number(type), Number(code), packet, from),
        ttl: Number(ttl),
        source: from,
      };
    }),
};
