/**
 * ICMP (RFC 792): requests and replies make connections by identifier; errors belong to the connection they quote.
 *
 * Not handled: other types (router discovery, obsolete ones) are invalid, as in OVS.
 */
import { CONN_PROTOCOL_STATE, PSEUDO_STATE_BIDIRECTIONAL, PSEUDO_STATE_FIRST, TIMEOUT_ICMP_FIRST, TIMEOUT_ICMP_REPLY } from "../layout/conntrack.ts";
import { transportHeader } from "./transport.ts";
import { setEnds } from "./tuple.ts";
import { UPDATE_VALID, UPDATE_VALID_NEW } from "./update.ts";
import { extend, schedule } from "./wheel.ts";

const HEADER_SIZE: u32 = 8;
const TYPE = 0;
const CODE = 1;
const IDENTIFIER = 4;

const ECHO_REPLY: u32 = 0;
const UNREACHABLE: u32 = 3;
const SOURCE_QUENCH: u32 = 4;
const REDIRECT: u32 = 5;
const ECHO_REQUEST: u32 = 8;
const TIME_EXCEEDED: u32 = 11;
const PARAMETER_PROBLEM: u32 = 12;
const TIMESTAMP: u32 = 13;
const TIMESTAMP_REPLY: u32 = 14;
const INFORMATION: u32 = 15;
const INFORMATION_REPLY: u32 = 16;

/** The type that answers this one, or 0xff for a type that is no question or answer. */
function counterpart(type: u32): u32 {
  switch (type) {
    case ECHO_REQUEST:
      return ECHO_REPLY;
    case ECHO_REPLY:
      return ECHO_REQUEST;
    case TIMESTAMP:
      return TIMESTAMP_REPLY;
    case TIMESTAMP_REPLY:
      return TIMESTAMP;
    case INFORMATION:
      return INFORMATION_REPLY;
    case INFORMATION_REPLY:
      return INFORMATION;
    default:
      return 0xff;
  }
}

export function isIcmpError(header: usize): bool {
  const type = <u32>load<u8>(header, TYPE);
  return (
    type == UNREACHABLE ||
    type == SOURCE_QUENCH ||
    type == REDIRECT ||
    type == TIME_EXCEEDED ||
    type == PARAMETER_PROBLEM
  );
}

/** Fills identifier and types; false for what is neither question nor answer. */
export function extractIcmp(lookup: usize, header: usize, length: u32): bool {
  if (length < HEADER_SIZE) return false;
  const type = <u32>load<u8>(header, TYPE);
  const answer = counterpart(type);
  if (answer == 0xff || load<u8>(header, CODE) != 0) return false;
  const identifier = <u32>load<u16>(header, IDENTIFIER);
  setEnds(lookup, identifier | (type << 16), identifier | (answer << 16));
  return true;
}

/** Only questions open a connection. */
export function opensIcmp(packet: usize): bool {
  const type = <u32>load<u8>(transportHeader(packet), TYPE);
  return type == ECHO_REQUEST || type == TIMESTAMP || type == INFORMATION;
}

export function createIcmp(connection: usize, now: u64): void {
  store<u8>(connection, PSEUDO_STATE_FIRST, CONN_PROTOCOL_STATE);
  schedule(connection, TIMEOUT_ICMP_FIRST, now);
}

/** Of ICMP and ICMPv6: `new` until the answer has been seen. */
export function updateIcmp(connection: usize, reply: usize, now: u64): u32 {
  if (reply) store<u8>(connection, PSEUDO_STATE_BIDIRECTIONAL, CONN_PROTOCOL_STATE);
  if (load<u8>(connection, CONN_PROTOCOL_STATE) == PSEUDO_STATE_FIRST) {
    extend(connection, TIMEOUT_ICMP_FIRST, now);
    return UPDATE_VALID_NEW;
  }
  extend(connection, TIMEOUT_ICMP_REPLY, now);
  return UPDATE_VALID;
}
