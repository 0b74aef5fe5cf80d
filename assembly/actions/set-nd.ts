/**
 * OP_SET_ND: target, link-layer addresses, flags and reserved bits, type of the first option.
 *
 * Sets the link-layer address in the options that are there; adds none. OVS stops at the first of the two options; here
 * both are set when both are there. The key is read from the packet afterwards: which option counts may have changed.
 * False: no neighbor solicitation or advertisement with its target.
 */
import { KEY_NW_PROTO } from "../layout/key.ts";
import { L3_HEADERS_LIMIT, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_L3, PACKET_L3_LENGTH, PACKET_L4 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { patchTransportChecksum } from "../packet/checksum.ts";
import { sumBytes, sumDifference } from "../packet/internet-checksum.ts";
import {
  isNeighborDiscovery,
  ND_OPTION_ADDRESS,
  ND_OPTION_LENGTH,
  ND_OPTION_SIZE,
  ND_OPTION_SOURCE,
  ND_OPTION_TARGET,
  ND_OPTIONS,
  ND_RESERVED,
  ND_TARGET,
} from "../packet/nd.ts";
import { reparse } from "../packet/parse.ts";
import { PROTOCOL_ICMPV6 } from "../packet/protocol.ts";
import { l4Header } from "../packet/rewrite.ts";
import { masked8, masked16, masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // target(16) sll(6) tll(6) reserved(4) options_type(1) pad(3)
const MASK: usize = VALUE + 36;
const TARGET: usize = 0;
const SOURCE_ADDRESS: usize = 16;
const TARGET_ADDRESS: usize = 22;
const RESERVED: usize = 28;
const OPTIONS_TYPE: usize = 32;

export function setNd(packet: usize, instruction: usize): bool {
  const l4: u32 = load<u16>(packet, PACKET_L4);
  if (l4 == 0 || load<u8>(load<u32>(packet, PACKET_KEY), KEY_NW_PROTO) != PROTOCOL_ICMPV6) return false;
  const header = l4Header(packet);
  const l3: u32 = load<u16>(packet, PACKET_L3);
  const end = l3 + min<u32>(load<u32>(packet, PACKET_L3_LENGTH), L3_HEADERS_LIMIT);
  const bytes = min<u32>(end, load<u32>(packet, PACKET_HEAD_LENGTH)) - l4;
  if (!isNeighborDiscovery(header) || bytes < ND_OPTIONS) return false;

  const covered = bytes & ~1; // options are multiples of 8 bytes: an odd rest is never edited
  const before = sumBytes(header, covered, 0);
  const reserved = load<u32>(header, ND_RESERVED);
  const value = load<u32>(instruction, VALUE + RESERVED);
  store<u32>(header, masked32(reserved, value, load<u32>(instruction, MASK + RESERVED)), ND_RESERVED);
  const target = v128.load(header, ND_TARGET);
  const wanted = v128.load(instruction, VALUE + TARGET);
  v128.store(header, v128.bitselect(wanted, target, v128.load(instruction, MASK + TARGET)), ND_TARGET);
  setOptions(header + ND_OPTIONS, bytes - ND_OPTIONS, instruction);
  patchTransportChecksum(packet, sumDifference(before, sumBytes(header, covered, 0)), false);
  reparse(packet);
  return true;
}

function setOptions(options: usize, bytes: u32, instruction: usize): void {
  let option = options;
  let left = bytes;
  while (left >= ND_OPTION_SIZE) {
    const length: u32 = (<u32>load<u8>(option, ND_OPTION_LENGTH)) << 3;
    if (length == 0 || length > left) break;
    if (length == ND_OPTION_SIZE) {
      const type: u32 = load<u8>(option);
      if (type == ND_OPTION_SOURCE) setAddress(option + ND_OPTION_ADDRESS, instruction + SOURCE_ADDRESS);
      else if (type == ND_OPTION_TARGET) setAddress(option + ND_OPTION_ADDRESS, instruction + TARGET_ADDRESS);
    }
    option += length;
    left -= length;
  }
  if (bytes < ND_OPTION_SIZE) return;
  const value = load<u8>(instruction, VALUE + OPTIONS_TYPE);
  store<u8>(options, masked8(load<u8>(options), value, load<u8>(instruction, MASK + OPTIONS_TYPE)));
}

@inline
function setAddress(field: usize, argument: usize): void {
  store<u32>(field, masked32(load<u32>(field), load<u32>(argument, VALUE), load<u32>(argument, MASK)));
  store<u16>(field, masked16(load<u16>(field, 4), load<u16>(argument, VALUE + 4), load<u16>(argument, MASK + 4)), 4);
}
