/** OP_SET_IPV6: addresses, flow label, traffic class, hop limit. False: no IPv6 header. */
import { KEY_IPV6_LABEL, KEY_NW_TOS, KEY_NW_TTL } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { SCRATCH_BASE } from "../memory.ts";
import { IPV6_DESTINATION, IPV6_HOP_LIMIT, IPV6_SOURCE } from "../packet/ipv6.ts";
import { hasIpv6, l3Header, rewriteIpv6Address } from "../packet/rewrite.ts";
import { masked8, masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // src(16) dst(16) label(4) traffic class(1) hop limit(1) pad(2)
const MASK: usize = VALUE + 40;
const SOURCE: usize = 0;
const DESTINATION: usize = 16;
const LABEL: usize = 32;
const TRAFFIC_CLASS: usize = 36;
const HOP_LIMIT: usize = 37;
/** The 20 label bits of the first word, in host order. */
const LABEL_BITS: u32 = 0x000f_ffff;

export function setIpv6(packet: usize, instruction: usize): bool {
  if (!hasIpv6(packet)) return false;
  const key: usize = load<u32>(packet, PACKET_KEY);
  const header = l3Header(packet);
  setAddress(packet, instruction, SOURCE, header + IPV6_SOURCE, true);
  setAddress(packet, instruction, DESTINATION, header + IPV6_DESTINATION, false);

  const first = bswap<u32>(load<u32>(header));
  const label = masked32(
    first & LABEL_BITS,
    bswap<u32>(load<u32>(instruction, VALUE + LABEL)),
    bswap<u32>(load<u32>(instruction, MASK + LABEL)) & LABEL_BITS,
  );
  const trafficClass = masked8(
    <u8>(first >> 20),
    load<u8>(instruction, VALUE + TRAFFIC_CLASS),
    load<u8>(instruction, MASK + TRAFFIC_CLASS),
  );
  store<u32>(header, bswap<u32>((first & 0xf000_0000) | ((<u32>trafficClass) << 20) | label));
  store<u32>(key, bswap<u32>(label), KEY_IPV6_LABEL);
  store<u8>(key, trafficClass, KEY_NW_TOS);

  const hopLimit = masked8(
    load<u8>(header, IPV6_HOP_LIMIT),
    load<u8>(instruction, VALUE + HOP_LIMIT),
    load<u8>(instruction, MASK + HOP_LIMIT),
  );
  store<u8>(header, hopLimit, IPV6_HOP_LIMIT);
  store<u8>(key, hopLimit, KEY_NW_TTL);
  return true;
}

@inline
function setAddress(packet: usize, instruction: usize, field: usize, address: usize, source: bool): void {
  const mask = v128.load(instruction + field, MASK);
  if (!v128.any_true(mask)) return;
  v128.store(SCRATCH_BASE, v128.bitselect(v128.load(instruction + field, VALUE), v128.load(address), mask));
  rewriteIpv6Address(packet, source, SCRATCH_BASE);
}
