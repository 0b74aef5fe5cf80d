/** Neighbour solicitations and advertisements: RFC 4861 sections 4.3, 4.4 and 4.6.1. */
import { type Address, addressBytes, solicitedNodeAddress } from "../../network/ip.ts";
import { formatMac, macBytes } from "../../network/mac.ts";
import { internetChecksum, pseudoHeader } from "./checksum.ts";
import { buildEthernet, ETHERTYPE } from "./ethernet.ts";
import { buildIp, PROTOCOL } from "./ip.ts";

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_LINK_LAYER = 1;
const TARGET_LINK_LAYER = 2;
const ROUTER_FLAG = 0x80;
const SOLICITED_FLAG = 0x40;
const OVERRIDE_FLAG = 0x20;

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly option: number;
  readonly target: Address;
  readonly mac: string;
  readonly from: Address;
  readonly to: Address;
  readonly toMac: string;
}

export function buildSolicitation(mac: string, source: Address, target: Address): Uint8Array {
  const to = solicitedNodeAddress(target);
  // RFC 2464 section 7: 33:33 and the last four bytes of the address.
  const toMac = formatMac(Uint8Array.from([0x33, 0x33, ...addressBytes(to).subarray(12)]));
  return build({ type: SOLICITATION, flags: 0, option: SOURCE_LINK_LAYER, target, mac, from: source, to, toMac });
}

export function buildAdvertisement(
  mac: string,
  target: Address,
  router: boolean,
  to: Address,
  toMac: string,
): Uint8Array {
  const flags = (router ? ROUTER_FLAG : 0) | SOLICITED_FLAG | OVERRIDE_FLAG;
  return build({ type: ADVERTISEMENT, flags, option: TARGET_LINK_LAYER, target, mac, from: target, to, toMac });
}

function build({ type, flags, option, target, mac, from, to, toMac }: Message): Uint8Array {
  const message = Uint8Array.from([
    type,
    0,
    0,
    0,
    flags,
    0,
    0,
    0,
    ...addressBytes(target),
    option,
    1,
    ...macBytes(mac),
  ]);
  const pseudo = pseudoHeader(from, to, PROTOCOL.icmpv6, message.length);
  new DataView(message.buffer).setUint16(2, internetChecksum(pseudo, message));
  const payload = buildIp({ source: from, destination: to, protocol: PROTOCOL.icmpv6, ttl: 255, payload: message });
  return buildEthernet({ destination: toMac, source: mac, type: ETHERTYPE.ipv6, payload });
}
