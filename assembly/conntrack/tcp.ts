/**
 * TCP: a state for each end, and the window of sequence numbers each may use.
 *
 * What: the tracking that OVS's userspace conntrack and pf do (van Rooij, "Real stateful TCP packet filtering in IP
 *   Filter", 2000), over RFC 9293 states and RFC 7323 window scaling. For each end: the highest sequence number it
 *   sent, the highest it may send (the other's acknowledgement plus window), its largest window, its scale.
 * Invariants: a packet that is judged invalid changes nothing but what the first packet of an end teaches about it, and
 *   never the timeout. Comparisons of sequence numbers are modulo 2^32.
 * Beyond OVS: a SYN past the last sequence number of a connection that both ends have closed starts a new one even if
 *   the last acknowledgement was not seen (RFC 9293 §3.6.1): a client that comes round to the same port is not refused.
 *   An unanswered SYN is measured anew when it is sent again with another number, and ends may open at once (§3.5).
 * Not handled: SYN in an established connection is judged by its window only; selective acknowledgements are not read.
 */
import { CONN_PEER, CT_SEQUENCE_CHECK, PEER_MAX_WINDOW, PEER_SCALE, PEER_SCALE_KNOWN, PEER_SCALE_SHIFT, PEER_SCALE_UNKNOWN, PEER_SEQ_HIGH, PEER_SEQ_LOW, PEER_SIZE, PEER_STATE, TCP_STATE_CLOSED, TCP_STATE_CLOSING, TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT_2, TCP_STATE_SYN_SENT, TCP_STATE_TIME_WAIT, TIMEOUT_TCP_CLOSED, TIMEOUT_TCP_CLOSING, TIMEOUT_TCP_ESTABLISHED, TIMEOUT_TCP_FIN_WAIT, TIMEOUT_TCP_FIRST_PACKET, TIMEOUT_TCP_OPENING } from "../layout/conntrack.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { setEnds } from "./tuple.ts";
import { network16, network32, transportHeader, transportHeadLength, transportLength } from "./transport.ts";
import { UPDATE_INVALID, UPDATE_NEW, UPDATE_VALID, UPDATE_VALID_NEW } from "./update.ts";
import { extend, schedule } from "./wheel.ts";

export const HEADER_SIZE: u32 = 20;
export const SEQUENCE = 4;
export const ACKNOWLEDGEMENT = 8;
export const DATA_OFFSET = 12;
export const FLAGS = 13;
export const WINDOW = 14;

export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
const PSH: u32 = 0x08;
export const ACK: u32 = 0x10;
const URG: u32 = 0x20;

const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_WINDOW_SCALE: u32 = 3;
/** RFC 7323 §2.3. */
const MAX_SCALE: u32 = 14;

/** How far an acknowledgement may lag behind or run ahead: one unscaled window and one frame. */
export const ACK_SLACK: i32 = 0xffff + 1500;
/** RFC 7323 §2.3: a window is less than this, a quarter of the numbers there are. */
const LARGEST_WINDOW: i32 = 1 << 30;

@inline
export function reached(a: u32, b: u32): bool {
  return <i32>(a - b) >= 0;
}

@inline
function peer(connection: usize, reply: usize): usize {
  return connection + CONN_PEER + reply * PEER_SIZE;
}

/** State of one end, TCP_STATE_*. */
@inline
function stateOf(end: usize): i32 {
  return load<u8>(end, PEER_STATE);
}

/** Fills the ports; false for what is no TCP segment. `length` bytes of it exist, 8 are enough when it is quoted. */
export function extractTcp(lookup: usize, header: usize, length: u32, quoted: bool): bool {
  const least: u32 = quoted ? 8 : HEADER_SIZE;
  if (length < least) return false;
  const source = load<u16>(header);
  const destination = load<u16>(header, 2);
  setEnds(lookup, source, destination);
  if (source == 0 || destination == 0) return false;
  if (quoted) return true;
  const headerLength = <u32>(load<u8>(header, DATA_OFFSET) >> 4) << 2;
  return headerLength >= HEADER_SIZE && headerLength <= length;
}

/** Flags no sane end sends. Without ACK only a lone SYN or RST makes sense; a SYN neither ends nor resets. */
@inline
function nonsense(flags: u32): bool {
  if (flags & SYN) {
    if (flags & (RST | FIN)) return true;
  } else if (!(flags & (ACK | RST))) {
    return true;
  }
  return !(flags & ACK) && (flags & (FIN | PSH | URG)) != 0;
}

/** May this segment open a connection? A SYN, or the middle of one; the second step of a handshake may not. */
export function opensTcp(packet: usize): bool {
  const flags = load<u8>(transportHeader(packet), FLAGS);
  return !nonsense(flags) && (flags & (SYN | ACK)) != (SYN | ACK);
}

@inline
function payloadLength(packet: usize, header: usize): u32 {
  const headerLength = <u32>(load<u8>(header, DATA_OFFSET) >> 4) << 2;
  const length = transportLength(packet);
  return length > headerLength ? length - headerLength : 0;
}

/** The window scale option of a SYN: shift | PEER_SCALE_KNOWN, or 0 when there is none. */
function offeredScale(packet: usize, header: usize): u32 {
  const end = min<u32>(<u32>(load<u8>(header, DATA_OFFSET) >> 4) << 2, transportHeadLength(packet));
  let at = HEADER_SIZE;
  let scale: u32 = 0;
  while (at + 3 <= end) {
    const kind = <u32>load<u8>(header + at);
    if (kind == OPTION_END) break;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    if (kind == OPTION_WINDOW_SCALE) scale = min<u32>(load<u8>(header + at, 2), MAX_SCALE) | PEER_SCALE_KNOWN;
    at += max<u32>(load<u8>(header + at, 1), 2);
  }
  return scale;
}

@inline
function unscaled(window: u32, shift: u32): u32 {
  return (window + (1 << shift) - 1) >> shift;
}

/** What the first segment of an end, sent before the other has answered, says about it. */
function introduce(end: usize, packet: usize, header: usize, flags: u32): void {
  const syn = (flags & SYN) != 0;
  const sequence = network32(header + SEQUENCE);
  const scale = syn ? offeredScale(packet, header) : <u32>PEER_SCALE_UNKNOWN;
  const high = sequence + payloadLength(packet, header) + 1 + (syn ? 1 : 0) + (flags & FIN ? 1 : 0);
  store<u32>(end, sequence, PEER_SEQ_LOW);
  store<u32>(end, high, PEER_SEQ_HIGH);
  store<u8>(end, <u8>scale, PEER_SCALE);
  store<u16>(end, <u16>unscaled(max<u32>(network16(header + WINDOW), 1), scale & PEER_SCALE_SHIFT), PEER_MAX_WINDOW);
  store<u8>(end, TCP_STATE_SYN_SENT, PEER_STATE);
}

export function createTcp(connection: usize, packet: usize, now: u64): void {
  const header = transportHeader(packet);
  const flags = <u32>load<u8>(header, FLAGS);
  const target = peer(connection, 1);
  introduce(peer(connection, 0), packet, header, flags);
  if (!(flags & SYN)) store<u8>(target, PEER_SCALE_UNKNOWN, PEER_SCALE);
  store<u32>(target, 1, PEER_SEQ_HIGH);
  store<u16>(target, 1, PEER_MAX_WINDOW);
  store<u8>(target, TCP_STATE_CLOSED, PEER_STATE);
  schedule(connection, TIMEOUT_TCP_FIRST_PACKET, now);
}

/** True when nothing more is to come: such a connection makes room for a new one with the same tuple. */
export function isTcpClosed(connection: usize): bool {
  return (
    stateOf(peer(connection, 0)) >= TCP_STATE_FIN_WAIT_2 && stateOf(peer(connection, 1)) >= TCP_STATE_FIN_WAIT_2
  );
}

/** A fresh SYN on a connection that is over. */
@inline
function startsAnew(source: usize, target: usize, sequence: u32): bool {
  const sourceState = stateOf(source);
  const targetState = stateOf(target);
  if (sourceState >= TCP_STATE_FIN_WAIT_2 && targetState >= TCP_STATE_FIN_WAIT_2) return true;
  if (sourceState < TCP_STATE_CLOSING || targetState < TCP_STATE_CLOSING) return false;
  return <i32>(sequence - load<u32>(source, PEER_SEQ_LOW)) > 0;
}

/** The timeout that fits the states of both ends. */
@inline
function timeoutOf(sourceState: i32, targetState: i32): u32 {
  const less = min(sourceState, targetState);
  if (less >= TCP_STATE_FIN_WAIT_2) return TIMEOUT_TCP_CLOSED;
  if (less >= TCP_STATE_CLOSING) return TIMEOUT_TCP_FIN_WAIT;
  if (less < TCP_STATE_ESTABLISHED) return TIMEOUT_TCP_OPENING;
  return max(sourceState, targetState) >= TCP_STATE_CLOSING ? TIMEOUT_TCP_CLOSING : TIMEOUT_TCP_ESTABLISHED;
}

/** What an accepted segment says about both windows. */
@inline
export function slide(source: usize, target: usize, end: u32, ack: u32, window: u32, shift: u32): void {
  if (<u32>load<u16>(source, PEER_MAX_WINDOW) < window) store<u16>(source, <u16>window, PEER_MAX_WINDOW);
  if (<i32>(end - load<u32>(source, PEER_SEQ_LOW)) > 0) store<u32>(source, end, PEER_SEQ_LOW);
  if (reached(ack + (window << shift), load<u32>(target, PEER_SEQ_HIGH))) {
    store<u32>(target, ack + max<u32>(window << shift, 1), PEER_SEQ_HIGH);
  }
}

/** How far the two ends' windows are scaled once both have spoken: source's shift | target's << 8. */
@inline
export function shiftsOf(source: usize, target: usize): u32 {
  const sourceScale = <u32>load<u8>(source, PEER_SCALE);
  const targetScale = <u32>load<u8>(target, PEER_SCALE);
  const both = sourceScale & targetScale;
  if (both & PEER_SCALE_KNOWN) return (sourceScale & PEER_SCALE_SHIFT) | ((targetScale & PEER_SCALE_SHIFT) << 8);
  return both & PEER_SCALE_UNKNOWN ? MAX_SCALE | (MAX_SCALE << 8) : 0;
}

/**
 * Segments of `reply` direction have gone by that nobody judged (assembly/offload): the furthest ended at `end`, acknowledged `ack`,
 * offered `window`. The connection lives on, and its states and windows are what they would be: all of them had ACK.
 */
export function advanceTcp(connection: usize, reply: usize, end: u32, ack: u32, window: u32, now: u64): void {
  const source = peer(connection, reply);
  const target = peer(connection, reply ^ 1);
  const shift = shiftsOf(source, target) & 0xff;
  // Nobody falls a window behind what was seen of it: what seems to have done so has gone more than half way round.
  if (<i32>(load<u32>(source, PEER_SEQ_LOW) - end) > LARGEST_WINDOW) store<u32>(source, end, PEER_SEQ_LOW);
  if (<i32>(load<u32>(target, PEER_SEQ_HIGH) - ack) > LARGEST_WINDOW) store<u32>(target, ack, PEER_SEQ_HIGH);
  slide(source, target, end, ack, window, shift);
  if (stateOf(target) == TCP_STATE_SYN_SENT) store<u8>(target, TCP_STATE_ESTABLISHED, PEER_STATE);
  extend(connection, timeoutOf(stateOf(source), stateOf(target)), now);
}

/** Whether the segment opens, ends or resets a connection. */
export function isTurningPoint(packet: usize): bool {
  return (load<u8>(transportHeader(packet), FLAGS) & (SYN | FIN | RST)) != 0;
}

export function updateTcp(connection: usize, packet: usize, reply: usize, now: u64): u32 {
  const header = transportHeader(packet);
  const flags = <u32>load<u8>(header, FLAGS);
  if (nonsense(flags)) return UPDATE_INVALID;
  const source = peer(connection, reply);
  const target = peer(connection, reply ^ 1);
  const first = network32(header + SEQUENCE);

  if ((flags & (SYN | ACK)) == SYN) {
    if (startsAnew(source, target, first)) return UPDATE_NEW;
    if (stateOf(source) <= TCP_STATE_SYN_SENT) {
      // Unanswered so far: sent again, another attempt from the same port, or both ends open at once.
      introduce(source, packet, header, flags);
      extend(connection, TIMEOUT_TCP_FIRST_PACKET, now);
      return UPDATE_VALID_NEW;
    }
  }

  const shifts = flags & SYN ? 0 : shiftsOf(source, target);
  let sourceShift = shifts & 0xff;
  let targetShift = shifts >> 8;

  let sequence = first;
  let window = network16(header + WINDOW);
  let end = first + payloadLength(packet, header);
  if (flags & SYN) end++;
  let judgeSkew = true;

  if (stateOf(source) < TCP_STATE_SYN_SENT) {
    // The first segment from this end: its sequence numbers start here.
    if (flags & SYN) {
      const targetScale = <u32>load<u8>(target, PEER_SCALE);
      if (targetScale & PEER_SCALE_KNOWN) {
        const offered = offeredScale(packet, header);
        store<u8>(source, <u8>offered, PEER_SCALE);
        if (offered & PEER_SCALE_KNOWN) {
          sourceShift = offered & PEER_SCALE_SHIFT;
          targetShift = targetScale & PEER_SCALE_SHIFT;
          window = unscaled(window, sourceShift);
        } else {
          // Scaling needs both ends: the other's window is what it said, unscaled.
          const whole = <u32>load<u16>(target, PEER_MAX_WINDOW) << (targetScale & PEER_SCALE_SHIFT);
          store<u16>(target, <u16>min<u32>(whole, 0xffff), PEER_MAX_WINDOW);
          store<u8>(target, 0, PEER_SCALE);
        }
      }
    }
    if (flags & FIN) end++;
    store<u32>(source, first, PEER_SEQ_LOW);
    store<u8>(source, TCP_STATE_SYN_SENT, PEER_STATE);
    const high = end + max<u32>(<u32>load<u16>(target, PEER_MAX_WINDOW) << targetShift, 1);
    if (load<u32>(source, PEER_SEQ_HIGH) == 1 || reached(high, load<u32>(source, PEER_SEQ_HIGH))) {
      // A new connection, or one met in mid-stream: what it acknowledges cannot be judged yet.
      store<u32>(source, high, PEER_SEQ_HIGH);
      judgeSkew = false;
    }
    if (window > <u32>load<u16>(source, PEER_MAX_WINDOW)) store<u16>(source, <u16>window, PEER_MAX_WINDOW);
  } else if (flags & FIN) {
    end++;
  }

  const sourceLow = load<u32>(source, PEER_SEQ_LOW);
  const targetLow = load<u32>(target, PEER_SEQ_LOW);
  let ack = network32(header + ACKNOWLEDGEMENT);
  // Nothing acknowledged, or the zero that broken stacks put into a reset.
  if (!(flags & ACK) || (ack == 0 && (flags & RST) != 0)) ack = targetLow;
  if (sequence == end) {
    // Without data there is nothing to place: keep-alives and window probes pass.
    sequence = sourceLow;
    end = sourceLow;
  }
  const skew = judgeSkew ? <i32>(targetLow - ack) : 0;
  const sourceHigh = load<u32>(source, PEER_SEQ_HIGH);

  const inWindow =
    reached(sourceHigh, end) &&
    reached(sequence, sourceLow - (<u32>load<u16>(target, PEER_MAX_WINDOW) << targetShift)) &&
    skew >= -ACK_SLACK &&
    skew <= ACK_SLACK << sourceShift &&
    // A reset must hit the next sequence number, give or take one.
    (!(flags & RST) || <u32>(first - sourceLow + 1) <= 2);

  if (inWindow || load<u32>(CONNTRACK_BASE, CT_SEQUENCE_CHECK) == 0) {
    slide(source, target, end, ack, window, sourceShift);
    let sourceState = stateOf(source);
    let targetState = stateOf(target);
    if (flags & FIN && sourceState < TCP_STATE_CLOSING) sourceState = TCP_STATE_CLOSING;
    if (flags & ACK) {
      if (targetState == TCP_STATE_SYN_SENT) targetState = TCP_STATE_ESTABLISHED;
      else if (targetState == TCP_STATE_CLOSING) targetState = TCP_STATE_FIN_WAIT_2;
    }
    if (flags & RST) {
      sourceState = TCP_STATE_TIME_WAIT;
      targetState = TCP_STATE_TIME_WAIT;
    }
    store<u8>(source, <u8>sourceState, PEER_STATE);
    store<u8>(target, <u8>targetState, PEER_STATE);
    extend(connection, timeoutOf(sourceState, targetState), now);
    return UPDATE_VALID;
  }

  // Loose ends: SYNs sent before the other end is known, streams met half way, stragglers after the close. They move
  // windows, not the timeout, so that a flood of them keeps nothing alive.
  const loose =
    stateOf(target) < TCP_STATE_SYN_SENT ||
    stateOf(target) >= TCP_STATE_FIN_WAIT_2 ||
    stateOf(source) >= TCP_STATE_FIN_WAIT_2;
  if (loose && reached(sourceHigh + ACK_SLACK, end) && reached(sequence, sourceLow - ACK_SLACK)) {
    slide(source, target, end, ack, window, sourceShift);
    if (flags & FIN && stateOf(source) < TCP_STATE_CLOSING) store<u8>(source, TCP_STATE_CLOSING, PEER_STATE);
    if (flags & RST) {
      store<u8>(source, TCP_STATE_TIME_WAIT, PEER_STATE);
      store<u8>(target, TCP_STATE_TIME_WAIT, PEER_STATE);
    }
    return UPDATE_VALID;
  }
  return UPDATE_INVALID;
}
