/** What error handlers share: a message back to the sender of the packet. */
import type { Address } from "../network/ip.ts";
import { buildEthernet, type Ethernet, parseEthernet } from "./packet/ethernet.ts";
import { buildIp, type IpPacket, parseIp } from "./packet/ip.ts";
import { type HandlerInput, type PacketOut, resumeActions } from "./packet-action.ts";

export interface ErrorMessage {
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly ttl: number;
  /** The packet's destination unless given. */
  readonly source?: Address;
}

/** `make` gives the message for the packet, or nothing when it must not be answered. */
export function replyWith(
  input: HandlerInput,
  make: (packet: IpPacket) => ErrorMessage | undefined,
): readonly PacketOut[] {
  const ethernet = parseEthernet(input.packet);
  const packet = ethernet && parseIp(ethernet.payload);
  const message = packet && make(packet);
  if (!message) return [];
  return [{ packet: turnAround(ethernet, packet, message), fields: input.fields, actions: resumeActions(input) }];
}

function turnAround(ethernet: Ethernet, packet: IpPacket, { source, ...message }: ErrorMessage): Uint8Array {
  const payload = buildIp({ ...message, source: source ?? packet.destination, destination: packet.source });
  return buildEthernet({ destination: ethernet.source, source: ethernet.destination, type: ethernet.type, payload });
}
