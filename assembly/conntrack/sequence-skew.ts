/**
 * Sequence numbers of a TCP connection whose payload has been edited to another length.
 *
 * What: what the edited direction sends is shown CONN_SKEW further on, and acknowledgements of it are brought back.
 *   The tracker itself always sees the numbers of the end that sends.
 * Not handled: edits in both directions, selective acknowledgements, retransmissions from before the edit.
 */
import { CONN_FLAGS, CONN_FLAG_SKEW_REPLY, CONN_SKEW } from "../layout/conntrack.ts";
import { patchChecksum32 } from "../packet/checksum.ts";
import { hasPartialChecksum } from "../packet/partial-checksum.ts";
import { transportHeader } from "./transport.ts";

const SEQUENCE = 4;
const ACKNOWLEDGEMENT = 8;
const CHECKSUM = 16;

@inline
function skewedDirection(connection: usize): usize {
  return load<u32>(connection, CONN_FLAGS) & CONN_FLAG_SKEW_REPLY ? 1 : 0;
}

function addTo(packet: usize, field: usize, amount: i32): void {
  const header = transportHeader(packet);
  const before = load<u32>(header + field);
  const after = bswap<u32>(bswap<u32>(before) + <u32>amount);
  store<u32>(header + field, after);
  if (!hasPartialChecksum(packet)) patchChecksum32(header + CHECKSUM, before, after);
}

/** Before the tracker judges a packet: acknowledgements back to the numbers of the end that sent. */
export function restoreAcknowledgement(packet: usize, connection: usize, reply: usize): void {
  const skew = <i32>load<u32>(connection, CONN_SKEW);
  if (skew != 0 && reply != skewedDirection(connection)) addTo(packet, ACKNOWLEDGEMENT, -skew);
}

/** After it: sequence numbers on to those that the other end has been shown. */
export function shiftSequence(packet: usize, connection: usize, reply: usize): void {
  const skew = <i32>load<u32>(connection, CONN_SKEW);
  if (skew != 0 && reply == skewedDirection(connection)) addTo(packet, SEQUENCE, skew);
}

/** The payload of a packet of `reply` direction has become `bytes` longer. */
export function addSkew(connection: usize, reply: usize, bytes: i32): void {
  const skew = <i32>load<u32>(connection, CONN_SKEW);
  if (skew != 0 && reply != skewedDirection(connection)) return;
  store<u32>(connection, <u32>(skew + bytes), CONN_SKEW);
  const flags = load<u32>(connection, CONN_FLAGS) & ~CONN_FLAG_SKEW_REPLY;
  store<u32>(connection, reply ? flags | CONN_FLAG_SKEW_REPLY : flags, CONN_FLAGS);
}
