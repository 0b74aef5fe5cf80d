/** OP_SET_IPV4: addresses, TOS, TTL. False: no IPv4 header. */
import { KEY_NW_TOS, KEY_NW_TTL } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { patchChecksum16 } from "../packet/internet-checksum.ts";
import { IPV4_CHECKSUM, IPV4_DESTINATION, IPV4_SOURCE, IPV4_TOS, IPV4_TTL } from "../packet/ipv4.ts";
import { hasIpv4, l3Header, rewriteIpv4Address } from "../packet/rewrite.ts";
import { masked8, masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // src(4) dst(4) tos(1) ttl(1) pad(2)
const MASK: usize = VALUE + 12;
const SOURCE: usize = 0;
const DESTINATION: usize = 4;
const TOS: usize = 8;
const TTL: usize = 9;

export function setIpv4(packet: usize, instruction: usize): bool {
  if (!hasIpv4(packet)) return false;
  const header = l3Header(packet);
  setAddress(packet, instruction, SOURCE, header + IPV4_SOURCE, true);
  setAddress(packet, instruction, DESTINATION, header + IPV4_DESTINATION, false);
  setByte(packet, instruction, TOS, header, IPV4_TOS, KEY_NW_TOS);
  setByte(packet, instruction, TTL, header, IPV4_TTL, KEY_NW_TTL);
  return true;
}

@inline
function setAddress(packet: usize, instruction: usize, field: usize, address: usize, source: bool): void {
  const mask = load<u32>(instruction + field, MASK);
  if (mask == 0) return;
  rewriteIpv4Address(packet, source, masked32(load<u32>(address), load<u32>(instruction + field, VALUE), mask));
}

/** TOS and TTL share a checksum word with a neighbor: the patch takes the whole word. */
@inline
function setByte(
  packet: usize,
  instruction: usize,
  field: usize,
  header: usize,
  offset: usize,
  keyOffset: usize,
): void {
  const mask = load<u8>(instruction + field, MASK);
  if (mask == 0) return;
  const word = header + (offset & ~1);
  const before = load<u16>(word);
  const value = masked8(load<u8>(header + offset), load<u8>(instruction + field, VALUE), mask);
  store<u8>(header + offset, value);
  store<u8>(<usize>load<u32>(packet, PACKET_KEY) + keyOffset, value);
  patchChecksum16(header + IPV4_CHECKSUM, before, load<u16>(word));
}
