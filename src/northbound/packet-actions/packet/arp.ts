/** ARP requests: RFC 826. */
import { type Address, addressBytes } from "../../network/ip.ts";
import { macBytes } from "../../network/mac.ts";
import { BROADCAST, buildEthernet, ETHERTYPE } from "./ethernet.ts";

export function buildArpRequest(mac: string, source: Address, target: Address): Uint8Array {
  const payload = Uint8Array.from([
    ...[0, 1, 0x08, 0, 6, 4, 0, 1],
    ...macBytes(mac),
    ...addressBytes(source),
    ...[0, 0, 0, 0, 0, 0],
    ...addressBytes(target),
  ]);
  return buildEthernet({ destination: BROADCAST, source: mac, type: ETHERTYPE.arp, payload });
}
