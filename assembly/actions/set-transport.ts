/** OP_SET_TRANSPORT: ports of TCP, UDP or SCTP. False: no such header (a later fragment, torn, another protocol). */
import { PACKET_L4 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { l4Header, rewritePorts } from "../packet/rewrite.ts";
import { masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // tp_src(2) tp_dst(2), as in the header
const MASK: usize = VALUE + 4;

export function setTransport(packet: usize, instruction: usize): bool {
  if (load<u16>(packet, PACKET_L4) == 0) return false;
  const ports = load<u32>(l4Header(packet));
  return rewritePorts(packet, masked32(ports, load<u32>(instruction, VALUE), load<u32>(instruction, MASK)));
}
