/** OP_SET_ICMP: type and code of ICMP or ICMPv6. False: no such header. */
import { KEY_NW_PROTO, KEY_TP_DST, KEY_TP_SRC } from "../layout/key.ts";
import { PACKET_KEY, PACKET_L4 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { patchTransportChecksum } from "../packet/checksum.ts";
import { sumDifference } from "../packet/internet-checksum.ts";
import { reparse } from "../packet/parse.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from "../packet/protocol.ts";
import { l4Header } from "../packet/rewrite.ts";
import { masked16 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // type(1) code(1) pad(2)
const MASK: usize = VALUE + 4;

export function setIcmp(packet: usize, instruction: usize): bool {
  if (load<u16>(packet, PACKET_L4) == 0) return false;
  const key: usize = load<u32>(packet, PACKET_KEY);
  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  if (protocol != PROTOCOL_ICMP && protocol != PROTOCOL_ICMPV6) return false;
  const header = l4Header(packet);
  const before = load<u16>(header);
  const after = masked16(before, load<u16>(instruction, VALUE), load<u16>(instruction, MASK));
  if (before == after) return true;
  store<u16>(header, after);
  patchTransportChecksum(packet, sumDifference(before, after), false);
  store<u8>(key, <u8>after, KEY_TP_SRC + 1);
  store<u8>(key, <u8>(after >> 8), KEY_TP_DST + 1);
  if (protocol == PROTOCOL_ICMPV6) reparse(packet); // neighbor discovery's fields come and go with the type
  return true;
}
