/**
 * FTP (RFC 959, RFC 2428): PORT, EPRT and the answers 227 and 229 announce data connections.
 *
 * What: finds the announced port, makes an expectation, and on translated connections puts the address that the other
 *   end knows into the text. An address that is not the speaker's own is not believed (the FTP bounce attack).
 * Invariants: reads the first TEXT_LIMIT bytes of payload, and only as far as they are contiguous.
 * Not handled: commands split over segments, commands behind others in one segment, ports that translation had to
 *   change; addresses whose text has no room to grow or lies in a part of the frame that a clone shares
 *   (editing is then left out, the expectation is made all the same).
 */
import { CONN_KEY, CONN_TUPLE, CONN_TUPLE6, CT_SCRATCH, TUPLE6_SIZE, TUPLE_DST, TUPLE_SIZE, TUPLE_SRC } from "../layout/conntrack.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import {
  digit,
  findByte,
  parseIpv4,
  parseIpv6,
  parseNumber,
  parsedEnd,
  parsedNumber,
  writeIpv4,
  writeIpv6,
} from "./address-text.ts";
import { expectConnection } from "./expectation.ts";
import { replaceText } from "./payload-edit.ts";
import { transportHeader, transportHeadLength } from "./transport.ts";
import { isIpv6 } from "./tuple.ts";

const TEXT_LIMIT: u32 = 128;
const COMMA: u32 = 0x2c;
const DOT: u32 = 0x2e;
const SPACE: u32 = 0x20;
const PARENTHESIS: u32 = 0x28;
const MAX_PORT: u32 = 65535;

/** Four characters as loaded, letters in lower case. */
const PORT: u32 = 0x7472_6f70;
const EPRT: u32 = 0x7472_7065;
const ANSWER_227: u32 = 0x2037_3232;
const ANSWER_229: u32 = 0x2039_3232;
const LOWER_CASE: u32 = 0x2020_2020;

/** The address that the text gave, and where it stands. */
const ANNOUNCED: usize = CONNTRACK_BASE + CT_SCRATCH;
const REWRITTEN: usize = CONNTRACK_BASE + CT_SCRATCH + 64;

export function inspectFtp(packet: usize, connection: usize, reply: usize, translated: bool): void {
  const header = transportHeader(packet);
  const headerLength = <u32>(load<u8>(header, 12) >> 4) << 2;
  const length = transportHeadLength(packet);
  if (length < headerLength + 8) return;
  const text = header + headerLength;
  const end = text + min<u32>(length - headerLength, TEXT_LIMIT);
  const word = load<u32>(text);
  if (reply) {
    if (word == ANSWER_227) announceHostPort(packet, connection, 1, text + 4, end, translated);
    else if (word == ANSWER_229) announceExtendedPassive(connection, text + 4, end);
  } else if ((word | LOWER_CASE) == PORT) {
    announceHostPort(packet, connection, 0, text + 4, end, translated);
  } else if ((word | LOWER_CASE) == EPRT) {
    announceExtendedPort(packet, connection, text + 4, end, translated);
  }
}

/** h1,h2,h3,h4,p1,p2: of PORT, and somewhere in a 227. IPv4 only. */
function announceHostPort(
  packet: usize,
  connection: usize,
  reply: usize,
  text: usize,
  end: usize,
  translated: bool,
): void {
  if (isIpv6(load<u32>(connection, CONN_KEY))) return;
  let at = text;
  while (at < end && !digit(at)) at++;
  const addressEnd = parseIpv4(at, end, COMMA, ANNOUNCED);
  if (addressEnd == 0 || addressEnd >= end || load<u8>(addressEnd) != COMMA) return;
  if (!parseNumber(addressEnd + 1, end, 255)) return;
  const high = parsedNumber();
  const comma = parsedEnd();
  if (comma >= end || load<u8>(comma) != COMMA || !parseNumber(comma + 1, end, 255)) return;
  announce(packet, connection, reply, (high << 8) | parsedNumber(), at, addressEnd, COMMA, translated);
}

/** EPRT |1|10.0.0.1|2000| or |2|fd00::1|2000|: any delimiter. */
function announceExtendedPort(packet: usize, connection: usize, text: usize, end: usize, translated: bool): void {
  let at = text;
  while (at < end && load<u8>(at) == SPACE) at++;
  if (at + 4 > end) return;
  const delimiter = <u32>load<u8>(at);
  const ipv6 = isIpv6(load<u32>(connection, CONN_KEY));
  if (load<u8>(at, 1) != (ipv6 ? 0x32 : 0x31) || load<u8>(at, 2) != delimiter) return;
  at += 3;
  const addressEnd = ipv6 ? parseIpv6(at, end, ANNOUNCED) : parseIpv4(at, end, DOT, ANNOUNCED);
  if (addressEnd == 0 || addressEnd >= end || load<u8>(addressEnd) != delimiter) return;
  if (!parseNumber(addressEnd + 1, end, MAX_PORT)) return;
  announce(packet, connection, 0, parsedNumber(), at, addressEnd, DOT, translated);
}

/** 229 Entering Extended Passive Mode (|||2000|): the address is that of the connection. */
function announceExtendedPassive(connection: usize, text: usize, end: usize): void {
  const open = findByte(text, end, PARENTHESIS);
  if (open == 0 || open + 5 > end) return;
  const delimiter = load<u8>(open, 1);
  if (digit(open + 1) || load<u8>(open, 2) != delimiter || load<u8>(open, 3) != delimiter) return;
  if (!parseNumber(open + 4, end, MAX_PORT) || parsedNumber() == 0) return;
  expectConnection(connection, 1, bswap<u16>(<u16>parsedNumber()));
}

/** Address of the speaker in one of its connection's tuples: source of its own direction, destination of the other. */
function speakerIn(connection: usize, direction: usize, source: bool): usize {
  if (isIpv6(load<u32>(connection, CONN_KEY))) {
    return connection + CONN_TUPLE6 + direction * TUPLE6_SIZE + (source ? 0 : 16);
  }
  return connection + CONN_TUPLE + direction * TUPLE_SIZE + (source ? TUPLE_SRC : TUPLE_DST);
}

function announce(
  packet: usize,
  connection: usize,
  reply: usize,
  port: u32,
  from: usize,
  to: usize,
  separator: u32,
  translated: bool,
): void {
  if (port == 0) return;
  const ipv6 = isIpv6(load<u32>(connection, CONN_KEY));
  const size: usize = ipv6 ? 16 : 4;
  const own = speakerIn(connection, reply, true);
  const shown = speakerIn(connection, reply ^ 1, false);
  const isShown = memory.compare(ANNOUNCED, shown, size) == 0;
  if (!isShown && memory.compare(ANNOUNCED, own, size) != 0) return;
  expectConnection(connection, reply, bswap<u16>(<u16>port));
  if (!translated || isShown) return;
  const end = ipv6 ? writeIpv6(shown, REWRITTEN) : writeIpv4(shown, separator, REWRITTEN);
  replaceText(packet, connection, reply, from, <u32>(to - from), REWRITTEN, <u32>(end - REWRITTEN));
}
