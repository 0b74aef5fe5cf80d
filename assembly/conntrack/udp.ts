/** UDP: ports and lengths. Its connections have the pseudo-states of other.ts. */
import { LOOKUP_TUPLE, TUPLE_DST_L4, TUPLE_SRC_L4 } from "../layout.ts";
import { network16 } from "./transport.ts";

const HEADER_SIZE: u32 = 8;
const LENGTH = 4;

/** Fills the ports; false for what is no UDP datagram (RFC 768). */
export function extractUdp(lookup: usize, header: usize, length: u32, quoted: bool): bool {
  if (length < HEADER_SIZE) return false;
  const source = load<u16>(header);
  const destination = load<u16>(header, 2);
  store<u32>(lookup, source, LOOKUP_TUPLE + TUPLE_SRC_L4);
  store<u32>(lookup, destination, LOOKUP_TUPLE + TUPLE_DST_L4);
  if (source == 0 || destination == 0) return false;
  if (quoted) return true;
  const announced = network16(header + LENGTH);
  return announced >= HEADER_SIZE && announced <= length;
}
