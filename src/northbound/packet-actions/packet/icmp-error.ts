/** ICMP errors: RFC 792, RFC 1122 section 3.2.2; RFC 4443 section 2.4. */

import type { Address } from "../../network/ip.ts";
import { internetChecksum, pseudoHeader } from "./checksum.ts";
import { type IpPacket, PROTOCOL } from "./ip.ts";

/** The whole error fits in 576 bytes (RFC 1812 section 4.3.2.3) or in IPv6's least MTU, 1280. */
const QUOTED = { 4: 576 - 20 - 8, 6: 1280 - 40 - 8 } as const;

/** The message with as much of the offending packet as may be quoted. */
export function buildIcmpError(type: number, code: number, offender: IpPacket, from: Address): Uint8Array {
  const quoted = offender.whole.subarray(0, QUOTED[from.family]);
  const message = Uint8Array.from([type, code, 0, 0, 0, 0, 0, 0, ...quoted]);
  const pseudo = from.family === 6 ? [pseudoHeader(from, offender.source, PROTOCOL.icmpv6, message.length)] : [];
  new DataView(message.buffer).setUint16(2, internetChecksum(...pseudo, message));
  return message;
}

/** No error about an error, about a later fragment, or to anybody who is not one host. */
export function mayAnswerWithError({ source, destination, protocol, payload, startsTransport }: IpPacket): boolean {
  if (!startsTransport || !isOneHost(source) || isMulticast(destination)) return false;
  if (protocol === PROTOCOL.icmp) return [0, 8, 13, 14, 15, 16, 17, 18].includes(payload[0]);
  return protocol !== PROTOCOL.icmpv6 || payload[0] >= 128;
}

function isOneHost(address: Address): boolean {
  return address.value !== 0n && !isMulticast(address) && !(address.family === 4 && address.value === 0xffffffffn);
}

const isMulticast = ({ family, value }: Address): boolean =>
  family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn;
