import { icmpError } from "./icmp-error.ts";
import { parseEthernet } from "./packet/ethernet.ts";
import { PROTOCOL, parseIp } from "./packet/ip.ts";
import type { PacketAction } from "./packet-action.ts";
import { sctpAbort } from "./sctp-abort.ts";
import { tcpReset } from "./tcp-reset.ts";
import { OPCODE } from "./userdata.ts";

/** The protocol's own way of saying no: a reset, an abort, or port unreachable. */
export const reject: PacketAction = {
  opcode: OPCODE.reject,
  handle(input) {
    const ethernet = parseEthernet(input.packet);
    const packet = ethernet && parseIp(ethernet.payload);
    if (!packet?.startsTransport) return [];
    if (packet.protocol === PROTOCOL.tcp) return tcpReset.handle(input);
    if (packet.protocol === PROTOCOL.sctp) return sctpAbort.handle(input);
    const [type, code] = packet.source.family === 4 ? [3, 3] : [1, 4];
    return icmpError.handle({ ...input, arguments: { ...input.arguments, type, code, ttl: 255 } });
  },
};
