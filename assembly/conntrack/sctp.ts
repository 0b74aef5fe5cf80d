/**
 * SCTP (RFC 9260): associations by ports, the state of their handshake, and verification tags.
 *
 * What: OVS's userspace conntrack knows neither ports nor states here; this follows the RFC. A packet must carry the
 *   tag that its receiver chose (§8.5): the one of the other direction's INIT or INIT ACK. ABORT and SHUTDOWN COMPLETE may
 *   reflect the sender's own tag (T bit). Associations met half way are taken over, their tags learnt.
 * Invariants: chunks are walked as far as they are contiguous and no more than MAX_CHUNKS of them.
 * Not handled: multi-homing (each pair of addresses is a connection of its own).
 */
import { CONN_PROTOCOL_STATE, CONN_VTAG, SCTP_STATE_CLOSED, SCTP_STATE_COOKIE_ECHOED, SCTP_STATE_COOKIE_WAIT, SCTP_STATE_ESTABLISHED, SCTP_STATE_SHUTDOWN_ACK_SENT, SCTP_STATE_SHUTDOWN_RECEIVED, SCTP_STATE_SHUTDOWN_SENT, TIMEOUT_SCTP_CLOSING, TIMEOUT_SCTP_ESTABLISHED, TIMEOUT_SCTP_OPENING } from "../layout/conntrack.ts";
import { setEnds } from "./tuple.ts";
import { network16, transportHeader, transportHeadLength } from "./transport.ts";
import { UPDATE_INVALID, UPDATE_NEW, UPDATE_VALID, UPDATE_VALID_NEW } from "./update.ts";
import { extend, schedule } from "./wheel.ts";

const HEADER_SIZE: u32 = 12;
const TAG = 4;
const CHUNK_HEADER_SIZE: u32 = 4;
const CHUNK_FLAGS = 1;
const CHUNK_LENGTH = 2;
const CHUNK_INITIATE_TAG = 4;
const INIT_SIZE: u32 = 20;
const MAX_CHUNKS = 16;
const TAG_REFLECTED: u32 = 1;

const DATA: u32 = 0;
const INIT: u32 = 1;
const INIT_ACK: u32 = 2;
const HEARTBEAT: u32 = 4;
const ABORT: u32 = 6;
const SHUTDOWN: u32 = 7;
const SHUTDOWN_ACK: u32 = 8;
const ERROR: u32 = 9;
const COOKIE_ECHO: u32 = 10;
const COOKIE_ACK: u32 = 11;
const SHUTDOWN_COMPLETE: u32 = 14;
const NO_CHUNK: u32 = 0xff;

export function extractSctp(lookup: usize, header: usize, length: u32, quoted: bool): bool {
  const least: u32 = quoted ? 8 : HEADER_SIZE;
  if (length < least) return false;
  const source = load<u16>(header);
  const destination = load<u16>(header, 2);
  setEnds(lookup, source, destination);
  return source != 0 && destination != 0;
}

/** The type of the first chunk, NO_CHUNK when there is none. */
@inline
function firstChunk(packet: usize): u32 {
  if (transportHeadLength(packet) < HEADER_SIZE + CHUNK_HEADER_SIZE) return NO_CHUNK;
  return load<u8>(transportHeader(packet) + HEADER_SIZE);
}

@inline
function vtag(connection: usize, direction: usize): u32 {
  return load<u32>(connection + (direction << 2), CONN_VTAG);
}

@inline
function setVtag(connection: usize, direction: usize, tag: u32): void {
  store<u32>(connection + (direction << 2), tag, CONN_VTAG);
}

/** The tag an INIT or INIT ACK tells the other end to use; 0 = torn. */
@inline
function initiateTag(packet: usize): u32 {
  if (transportHeadLength(packet) < HEADER_SIZE + INIT_SIZE) return 0;
  return load<u32>(transportHeader(packet) + HEADER_SIZE + CHUNK_INITIATE_TAG);
}

/** INIT opens an association; data, heartbeats and cookies show one that was there before us. */
export function opensSctp(packet: usize): bool {
  const chunk = firstChunk(packet);
  if (chunk == INIT) return initiateTag(packet) != 0 && load<u32>(transportHeader(packet), TAG) == 0;
  return chunk == DATA || chunk == HEARTBEAT || chunk == COOKIE_ECHO;
}

export function createSctp(connection: usize, packet: usize, now: u64): void {
  if (firstChunk(packet) == INIT) {
    setVtag(connection, 1, initiateTag(packet));
    store<u8>(connection, SCTP_STATE_COOKIE_WAIT, CONN_PROTOCOL_STATE);
  } else {
    setVtag(connection, 0, load<u32>(transportHeader(packet), TAG));
    store<u8>(connection, SCTP_STATE_COOKIE_ECHOED, CONN_PROTOCOL_STATE);
  }
  schedule(connection, TIMEOUT_SCTP_OPENING, now);
}

export function isSctpClosed(connection: usize): bool {
  return load<u8>(connection, CONN_PROTOCOL_STATE) == SCTP_STATE_CLOSED;
}

/** Is this the tag that packets of this direction carry? An unknown one is learnt. */
function acceptTag(connection: usize, reply: usize, tag: u32, chunk: u32, flags: u32): bool {
  const expected = vtag(connection, reply);
  if ((chunk == ABORT || chunk == SHUTDOWN_COMPLETE) && flags & TAG_REFLECTED) {
    const own = vtag(connection, reply ^ 1);
    return own == 0 || tag == own;
  }
  if (expected == 0) setVtag(connection, reply, tag);
  return expected == 0 || tag == expected;
}

/** The state that a chunk leads to (RFC 9260 figure 3, seen from between the two ends). */
function nextState(state: u32, chunk: u32, reply: usize): u32 {
  switch (chunk) {
    case COOKIE_ECHO:
      return state <= <u32>SCTP_STATE_COOKIE_ECHOED ? SCTP_STATE_COOKIE_ECHOED : state;
    case COOKIE_ACK:
      return state <= <u32>SCTP_STATE_COOKIE_ECHOED ? SCTP_STATE_ESTABLISHED : state;
    case SHUTDOWN:
      if (state == <u32>SCTP_STATE_SHUTDOWN_ACK_SENT) return state;
      return reply ? SCTP_STATE_SHUTDOWN_RECEIVED : SCTP_STATE_SHUTDOWN_SENT;
    case SHUTDOWN_ACK:
      return SCTP_STATE_SHUTDOWN_ACK_SENT;
    case SHUTDOWN_COMPLETE:
    case ABORT:
      return SCTP_STATE_CLOSED;
    case ERROR:
      return state;
    default:
      // Data both ways on an association met half way: it is established.
      return state == <u32>SCTP_STATE_COOKIE_ECHOED && reply ? SCTP_STATE_ESTABLISHED : state;
  }
}

@inline
function timeoutOf(state: u32): u32 {
  if (state == <u32>SCTP_STATE_ESTABLISHED) return TIMEOUT_SCTP_ESTABLISHED;
  if (state == <u32>SCTP_STATE_COOKIE_WAIT || state == <u32>SCTP_STATE_COOKIE_ECHOED) return TIMEOUT_SCTP_OPENING;
  return TIMEOUT_SCTP_CLOSING;
}

export function updateSctp(connection: usize, packet: usize, reply: usize, now: u64): u32 {
  const header = transportHeader(packet);
  const tag = load<u32>(header, TAG);
  let chunk = firstChunk(packet);
  let state = <u32>load<u8>(connection, CONN_PROTOCOL_STATE);
  if (chunk == NO_CHUNK) return UPDATE_INVALID;

  if (chunk == INIT) {
    const initiate = initiateTag(packet);
    if (tag != 0 || initiate == 0) return UPDATE_INVALID;
    if (state == <u32>SCTP_STATE_CLOSED) return UPDATE_NEW;
    // The same or a restarted end (§5.2.2): the tag it wants now replaces the old one once the other end agrees.
    if (state == <u32>SCTP_STATE_COOKIE_WAIT) {
      setVtag(connection, reply ^ 1, initiate);
      if (reply) setVtag(connection, 1, 0);
    } else {
      setVtag(connection, 0, 0);
      setVtag(connection, 1, 0);
    }
    extend(connection, timeoutOf(state), now);
    return state == <u32>SCTP_STATE_COOKIE_WAIT && !reply ? UPDATE_VALID_NEW : UPDATE_VALID;
  }

  if (!acceptTag(connection, reply, tag, chunk, load<u8>(header + HEADER_SIZE, CHUNK_FLAGS))) return UPDATE_INVALID;
  if (chunk == INIT_ACK) {
    const initiate = initiateTag(packet);
    if (initiate == 0) return UPDATE_INVALID;
    setVtag(connection, reply ^ 1, initiate);
  }

  const length = transportHeadLength(packet);
  let at = HEADER_SIZE;
  for (let walked = 0; walked < MAX_CHUNKS && at + CHUNK_HEADER_SIZE <= length; walked++) {
    chunk = load<u8>(header + at);
    const chunkLength = network16(header + at + CHUNK_LENGTH);
    if (chunkLength < CHUNK_HEADER_SIZE) break;
    state = nextState(state, chunk, reply);
    at += (chunkLength + 3) & ~3;
  }
  // What trickles in after the end keeps nothing alive.
  if (load<u8>(connection, CONN_PROTOCOL_STATE) != SCTP_STATE_CLOSED) {
    store<u8>(connection, <u8>state, CONN_PROTOCOL_STATE);
    extend(connection, timeoutOf(state), now);
  }
  const answered = reply != 0 || (vtag(connection, 0) != 0 && vtag(connection, 1) != 0);
  return answered ? UPDATE_VALID : UPDATE_VALID_NEW;
}
