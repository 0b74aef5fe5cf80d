/** What a datagram is sent with: address and control messages (message-layout.ts), from the packet's tunnel fields. */
import { KEY_TUN_DST, KEY_TUN_IPV6_DST, KEY_TUN_IPV6_SRC, KEY_TUN_SRC, KEY_TUN_TOS, KEY_TUN_TTL } from "../layout/key.ts";
import {
  AF_INET,
  AF_INET6,
  CONTROL_DATA,
  CONTROL_LENGTH,
  CONTROL_LEVEL,
  CONTROL_TYPE,
  IP_PKTINFO,
  IP_TOS,
  IP_TTL,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_SEGMENT,
} from "./message-layout.ts";

const DEFAULT_TTL: u32 = 64;
const SOCKADDR_IN_SIZE: u32 = 16;
const SOCKADDR_IN6_SIZE: u32 = 28;

@inline
export function isIpv6Tunnel(fields: usize): bool {
  return load<u32>(fields, KEY_TUN_DST) == 0;
}

/** struct sockaddr_in or sockaddr_in6 of the tunnel's other end; its length. */
export function putName(name: usize, fields: usize, port: u32): u32 {
  store<u16>(name, bswap<u16>(<u16>port), 2);
  if (!isIpv6Tunnel(fields)) {
    store<u16>(name, AF_INET);
    store<u32>(name, load<u32>(fields, KEY_TUN_DST), 4);
    store<u64>(name, 0, 8);
    return SOCKADDR_IN_SIZE;
  }
  store<u16>(name, AF_INET6);
  store<u32>(name, 0, 4); // flow label
  store<u64>(name, load<u64>(fields, KEY_TUN_IPV6_DST), 8);
  store<u64>(name, load<u64>(fields, KEY_TUN_IPV6_DST + 8), 16);
  store<u32>(name, 0, 24); // scope
  return SOCKADDR_IN6_SIZE;
}

/** TTL, TOS, and the source address when the fields name one; how many bytes. */
export function putControls(controls: usize, fields: usize): u32 {
  const ipv6 = isIpv6Tunnel(fields);
  const level = ipv6 ? SOL_IPV6 : SOL_IP;
  const ttl: u32 = load<u8>(fields, KEY_TUN_TTL);
  let at = putWord(controls, level, ipv6 ? IPV6_HOPLIMIT : IP_TTL, ttl == 0 ? DEFAULT_TTL : ttl);
  at = putWord(at, level, ipv6 ? IPV6_TCLASS : IP_TOS, load<u8>(fields, KEY_TUN_TOS));
  return <u32>((ipv6 ? putSource6(at, fields) : putSource4(at, fields)) - controls);
}

/** Where the kernel is to cut the message; how many bytes. */
export function putSegmentSize(control: usize, size: u32): u32 {
  putHeader(control, SOL_UDP, UDP_SEGMENT, 2);
  store<u64>(control, size, CONTROL_DATA);
  return CONTROL_DATA + 8;
}

function putWord(control: usize, level: u32, type: u32, value: u32): usize {
  putHeader(control, level, type, 4);
  store<u64>(control, value, CONTROL_DATA);
  return control + CONTROL_DATA + 8;
}

function putSource4(control: usize, fields: usize): usize {
  const source = load<u32>(fields, KEY_TUN_SRC);
  if (source == 0) return control;
  putHeader(control, SOL_IP, IP_PKTINFO, 12);
  store<u32>(control, 0, CONTROL_DATA);
  store<u32>(control, source, CONTROL_DATA + 4);
  store<u64>(control, 0, CONTROL_DATA + 8);
  return control + CONTROL_DATA + 16;
}

function putSource6(control: usize, fields: usize): usize {
  const high = load<u64>(fields, KEY_TUN_IPV6_SRC);
  const low = load<u64>(fields, KEY_TUN_IPV6_SRC + 8);
  if ((high | low) == 0) return control;
  putHeader(control, SOL_IPV6, IPV6_PKTINFO, 20);
  store<u64>(control, high, CONTROL_DATA);
  store<u64>(control, low, CONTROL_DATA + 8);
  store<u64>(control, 0, CONTROL_DATA + 16);
  return control + CONTROL_DATA + 24;
}

@inline
function putHeader(control: usize, level: u32, type: u32, bytes: u64): void {
  store<u64>(control, CONTROL_DATA + bytes, CONTROL_LENGTH);
  store<u32>(control, level, CONTROL_LEVEL);
  store<u32>(control, type, CONTROL_TYPE);
}
