/** Congestion that a packet met inside a tunnel (RFC 6040 §4.2). */
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "./ethernet.ts";
import { KEY_ETH_TYPE, KEY_NW_TOS } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY, PACKET_L3, PACKET_L3_LENGTH } from "../layout/packet.ts";
import { patchChecksum16 } from "./internet-checksum.ts";
import { IPV4_CHECKSUM } from "./ipv4.ts";

const ECN: u32 = 3;
const CONGESTION_EXPERIENCED: u32 = 3;
const NOT_CAPABLE: u32 = 0;

/** Marks the parsed inner packet when the outer header was marked; false: it must be dropped, as its sender would not see the mark. */
export function carryCongestion(packet: usize, outerTos: u32): bool {
  if ((outerTos & ECN) != CONGESTION_EXPERIENCED) return true;
  const key: usize = load<u32>(packet, PACKET_KEY);
  const type: u32 = load<u16>(key, KEY_ETH_TYPE);
  if ((type != ETHER_TYPE_IPV4 && type != ETHER_TYPE_IPV6) || load<u32>(packet, PACKET_L3_LENGTH) == 0) return true;
  const inner = load<u8>(key, KEY_NW_TOS) & ECN;
  if (inner == NOT_CAPABLE) return false;
  const header = <usize>load<u32>(packet, PACKET_DATA) + load<u16>(packet, PACKET_L3);
  const before = load<u16>(header);
  if (type == ETHER_TYPE_IPV4) {
    store<u8>(header, load<u8>(header, 1) | <u8>ECN, 1);
    patchChecksum16(header + IPV4_CHECKSUM, before, load<u16>(header));
  } else {
    store<u8>(header, load<u8>(header, 1) | <u8>(ECN << 4), 1); // the traffic class begins in the middle of a byte
  }
  store<u8>(key, load<u8>(key, KEY_NW_TOS) | <u8>ECN, KEY_NW_TOS);
  return true;
}
