/**
 * ICMPv6 (RFC 4443 §2.1).
 *
 *   0 type(1) | 1 code(1) | 2 checksum(2) | 4 what the type puts there(4)
 */
import { parseIcmp } from "./icmp.ts";
import { isNeighborDiscovery, parseNeighborDiscovery } from "./nd.ts";

/** As ICMP, and the fields of neighbor solicitations and advertisements. */
export function parseIcmpv6(key: usize, header: usize, bytes: u32): u32 {
  const length = parseIcmp(key, header, bytes);
  if (length != 0 && isNeighborDiscovery(header)) parseNeighborDiscovery(key, header, bytes);
  return length;
}
