/**
 * ICMPv6 (RFC 4443): echo by identifier; errors belong to the connection they quote.
 *
 * Not handled: neighbour discovery and multicast listener messages are invalid, as in OVS: do not send them here.
 */
import { transportHeader } from "./transport.ts";
import { setEnds } from "./tuple.ts";

const HEADER_SIZE: u32 = 8;
const TYPE = 0;
const CODE = 1;
const IDENTIFIER = 4;

const UNREACHABLE: u32 = 1;
const PARAMETER_PROBLEM: u32 = 4;
const ECHO_REQUEST: u32 = 128;
const ECHO_REPLY: u32 = 129;

/** Unreachable, packet too big, time exceeded, parameter problem. */
export function isIcmpv6Error(header: usize): bool {
  const type = <u32>load<u8>(header, TYPE);
  return type >= UNREACHABLE && type <= PARAMETER_PROBLEM;
}

export function extractIcmpv6(lookup: usize, header: usize, length: u32): bool {
  if (length < HEADER_SIZE) return false;
  const type = <u32>load<u8>(header, TYPE);
  if ((type != ECHO_REQUEST && type != ECHO_REPLY) || load<u8>(header, CODE) != 0) return false;
  const identifier = <u32>load<u16>(header, IDENTIFIER);
  setEnds(lookup, identifier | (type << 16), identifier | ((type ^ 1) << 16));
  return true;
}

export function opensIcmpv6(packet: usize): bool {
  return load<u8>(transportHeader(packet), TYPE) == ECHO_REQUEST;
}
