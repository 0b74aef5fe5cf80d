import { replyWith } from "./error-reply.ts";
import { PROTOCOL } from "./packet/ip.ts";
import { buildTcpReset } from "./packet/tcp-reset.ts";
import type { PacketAction } from "./packet-action.ts";
import { OPCODE } from "./userdata.ts";

export const tcpReset: PacketAction = {
  opcode: OPCODE.tcpReset,
  handle: (input) =>
    replyWith(input, (packet) => {
      const payload = packet.protocol === PROTOCOL.tcp ? buildTcpReset(packet) : undefined;
      return payload && { protocol: PROTOCOL.tcp, payload, ttl: 255 };
    }),
};
