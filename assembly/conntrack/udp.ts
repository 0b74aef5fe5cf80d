/** UDP: ports and lengths. Its connections have the pseudo-states of other.ts. */
import { setEnds } from "./tuple.ts";
import { network16 } from "./transport.ts";

const HEADER_SIZE: u32 = 8;
const LENGTH = 4;

/** Fills the ports; false for what is no UDP datagram (RFC 768). */
export function extractUdp(lookup: usize, header: usize, length: u32, quoted: bool): bool {
  if (length < HEADER_SIZE) return false;
  const source = load<u16>(header);
  const destination = load<u16>(header, 2);
  setEnds(lookup, source, destination);
  if (source == 0 || destination == 0) return false;
  if (quoted) return true;
  const announced = network16(header + LENGTH);
  return announced >= HEADER_SIZE && announced <= length;
}
