/**
 * TCP in the middle of a connection: what `updateTcp` does for a segment with ACK, without SYN, FIN or RST, between ends that both are
 * established, when it lies in the window.
 *
 * Invariant: false, and nothing is changed, for everything else, which is for `updateTcp` to judge.
 */
import { CONN_PEER, PEER_MAX_WINDOW, PEER_SEQ_HIGH, PEER_SEQ_LOW, PEER_SIZE, PEER_STATE, TCP_STATE_ESTABLISHED, TIMEOUT_TCP_ESTABLISHED } from "../layout/conntrack.ts";
import { ACK, ACK_SLACK, ACKNOWLEDGEMENT, DATA_OFFSET, FIN, FLAGS, HEADER_SIZE, reached, RST, SEQUENCE, shiftsOf, slide, SYN, WINDOW } from "./tcp.ts";
import { network16, network32, transportHeadLength, transportLength } from "./transport.ts";
import { extend } from "./wheel.ts";

/** Moves windows and timeout by a packet of `reply` direction, whose TCP header is at `header`. */
@inline
export function followTcp(connection: usize, packet: usize, header: usize, reply: usize, now: u64): bool {
  const source = connection + CONN_PEER + reply * PEER_SIZE;
  const target = connection + CONN_PEER + (reply ^ 1) * PEER_SIZE;
  if (load<u8>(source, PEER_STATE) != TCP_STATE_ESTABLISHED || load<u8>(target, PEER_STATE) != TCP_STATE_ESTABLISHED) return false;
  if ((<u32>load<u8>(header, FLAGS) & (SYN | FIN | RST | ACK)) != ACK) return false;
  const head = transportHeadLength(packet);
  const headerLength = (<u32>load<u8>(header, DATA_OFFSET) >> 4) << 2;
  if (headerLength < HEADER_SIZE || headerLength > head) return false;
  if (load<u16>(header) == 0 || load<u16>(header, 2) == 0) return false;

  const shifts = shiftsOf(source, target);
  const sourceShift = shifts & 0xff;
  const targetShift = shifts >> 8;
  const payload = transportLength(packet) - headerLength;
  const sourceLow = load<u32>(source, PEER_SEQ_LOW);
  const first = network32(header + SEQUENCE);
  // Without data there is nothing to place.
  const sequence = payload != 0 ? first : sourceLow;
  const end = sequence + payload;
  const ack = network32(header + ACKNOWLEDGEMENT);
  const skew = <i32>(load<u32>(target, PEER_SEQ_LOW) - ack);
  if (!reached(load<u32>(source, PEER_SEQ_HIGH), end)) return false;
  if (!reached(sequence, sourceLow - (<u32>load<u16>(target, PEER_MAX_WINDOW) << targetShift))) return false;
  if (skew < -ACK_SLACK || skew > ACK_SLACK << sourceShift) return false;

  slide(source, target, end, ack, network16(header + WINDOW), sourceShift);
  extend(connection, TIMEOUT_TCP_ESTABLISHED, now);
  return true;
}
