/**
 * What the flow key of a frame must be, written down from the RFCs and from what OVS's flow extraction is documented to do:
 * slow, plain, and independent of assembly/packet/, which is compared with it field by field.
 */
import { L3_HEADERS_LIMIT } from "../../assembly/layout/packet.ts";

export interface ParsedPacket {
  ethDst: Uint8Array;
  ethSrc: Uint8Array;
  ethType: number;
  /** Outermost first; TCI with bit 12 (0x1000) set. */
  vlans: { tpid: number; tci: number }[];
  mpls: number[];
  nwSrc: Uint8Array;
  nwDst: Uint8Array;
  ipv6Src: Uint8Array;
  ipv6Dst: Uint8Array;
  ipv6Label: number;
  nwProto: number;
  nwTos: number;
  nwTtl: number;
  /** 0 none, 1 first fragment, 3 later fragment. */
  nwFrag: number;
  tcpFlags: number;
  tpSrc: number;
  tpDst: number;
  arpSha: Uint8Array;
  arpTha: Uint8Array;
  ndTarget: Uint8Array;
  ndReserved: number;
  ndOptionsType: number;
  l3: number;
  l4: number;
  l7: number;
  l3Length: number;
  torn: boolean;
  badHeaderChecksum: boolean;
}

const EXTENSION_HEADERS = new Set([0, 43, 44, 51, 60]);

/** A window of bytes that shrinks from the front; reading past its end is a bug of the model and throws. */
class Cursor {
  readonly bytes: Uint8Array;
  offset: number;
  end: number;
  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }
  get left(): number {
    return this.end - this.offset;
  }
  slice(from: number, length: number): Uint8Array {
    const start = this.offset + from;
    if (start + length > this.end) throw new RangeError(`model reads ${start}+${length} past ${this.end}`);
    return this.bytes.slice(start, start + length);
  }
  number(from: number, length: number): number {
    return this.slice(from, length).reduce((value, byte) => value * 256 + byte, 0);
  }
  skip(length: number): void {
    if (length > this.left) throw new RangeError(`model skips ${length} of ${this.left}`);
    this.offset += length;
  }
}

function emptyPacket(): ParsedPacket {
  const zeros = (length: number) => new Uint8Array(length);
  return {
    ethDst: zeros(6),
    ethSrc: zeros(6),
    ethType: 0,
    vlans: [],
    mpls: [],
    nwSrc: zeros(4),
    nwDst: zeros(4),
    ipv6Src: zeros(16),
    ipv6Dst: zeros(16),
    ipv6Label: 0,
    nwProto: 0,
    nwTos: 0,
    nwTtl: 0,
    nwFrag: 0,
    tcpFlags: 0,
    tpSrc: 0,
    tpDst: 0,
    arpSha: zeros(6),
    arpTha: zeros(6),
    ndTarget: zeros(16),
    ndReserved: 0,
    ndOptionsType: 0,
    l3: 0,
    l4: 0,
    l7: 0,
    l3Length: 0,
    torn: false,
    badHeaderChecksum: false,
  };
}

/** `length`: bytes of the whole frame, of which `head` are at hand. */
export function parsePacket(head: Uint8Array, length = head.length): ParsedPacket {
  const packet = emptyPacket();
  const cursor = new Cursor(head);
  if (cursor.left < 14) {
    packet.torn = true;
    return packet;
  }
  packet.ethDst = cursor.slice(0, 6);
  packet.ethSrc = cursor.slice(6, 6);
  cursor.skip(12);
  while (packet.vlans.length < 2 && cursor.left >= 6 && [0x8100, 0x88a8].includes(cursor.number(0, 2))) {
    packet.vlans.push({ tpid: cursor.number(0, 2), tci: cursor.number(2, 2) | 0x1000 });
    cursor.skip(4);
  }
  packet.ethType = readEthernetType(cursor);
  packet.l3 = cursor.offset;
  const available = length - cursor.offset;
  cursor.end = Math.min(cursor.end, cursor.offset + L3_HEADERS_LIMIT);

  if (packet.ethType === 0x0800) readIpv4(packet, cursor, available);
  else if (packet.ethType === 0x86dd) readIpv6(packet, cursor, available);
  else {
    packet.l3Length = available;
    if (packet.ethType === 0x0806 || packet.ethType === 0x8035) readArp(packet, cursor);
    if (packet.ethType === 0x8847 || packet.ethType === 0x8848) readMpls(packet, cursor);
  }
  return packet;
}

function readEthernetType(cursor: Cursor): number {
  const type = cursor.number(0, 2);
  cursor.skip(2);
  if (type >= 0x600) return type;
  if (cursor.left < 8 || Buffer.from(cursor.slice(0, 6)).toString("hex") !== "aaaa03000000") return 0x05ff;
  const snapType = cursor.number(6, 2);
  cursor.skip(8);
  return snapType >= 0x600 ? snapType : 0x05ff;
}

function readIpv4(packet: ParsedPacket, cursor: Cursor, available: number): void {
  packet.torn = true;
  if (cursor.left < 20) return;
  const headerLength = (cursor.number(0, 1) % 16) * 4;
  const totalLength = cursor.number(2, 2);
  if (headerLength < 20 || headerLength > cursor.left || headerLength > totalLength) return;
  if (totalLength > available) return;
  packet.torn = false;
  packet.l3Length = totalLength;
  packet.nwTos = cursor.number(1, 1);
  packet.nwTtl = cursor.number(8, 1);
  packet.nwProto = cursor.number(9, 1);
  packet.nwSrc = cursor.slice(12, 4);
  packet.nwDst = cursor.slice(16, 4);
  const fragment = cursor.number(6, 2);
  if ((fragment & 0x1fff) !== 0) packet.nwFrag = 3;
  else if ((fragment & 0x2000) !== 0) packet.nwFrag = 1;
  let sum = 0;
  for (let i = 0; i < headerLength; i += 2) sum += cursor.number(i, 2);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.badHeaderChecksum = sum !== 0xffff;
  cursor.end = Math.min(cursor.end, cursor.offset + totalLength);
  cursor.skip(headerLength);
  readTransport(packet, cursor);
}

function readIpv6(packet: ParsedPacket, cursor: Cursor, available: number): void {
  packet.torn = true;
  if (cursor.left < 40) return;
  const length = 40 + cursor.number(4, 2);
  if (length > available) return;
  packet.ipv6Src = cursor.slice(8, 16);
  packet.ipv6Dst = cursor.slice(24, 16);
  const first = cursor.number(0, 4);
  const hopLimit = cursor.number(7, 1);
  let protocol = cursor.number(6, 1);
  let fragment = 0;
  cursor.end = Math.min(cursor.end, cursor.offset + length);
  cursor.skip(40);
  while (EXTENSION_HEADERS.has(protocol) && fragment !== 3) {
    if (cursor.left < 8) return;
    const next = cursor.number(0, 1);
    let size = (cursor.number(1, 1) + 1) * 8;
    if (protocol === 51) size = (cursor.number(1, 1) + 2) * 4;
    if (protocol === 44) size = 8;
    if (size > cursor.left) return;
    if (protocol === 44) {
      const field = cursor.number(2, 2);
      if (field !== 0) fragment = 1;
      if (field >>> 3 !== 0) fragment = 3;
    }
    if (fragment !== 3) protocol = next;
    cursor.skip(size);
  }
  packet.torn = false;
  packet.l3Length = length;
  packet.nwFrag = fragment;
  packet.nwProto = protocol;
  packet.nwTos = Math.floor(first / 2 ** 20) % 256;
  packet.ipv6Label = first % 2 ** 20;
  packet.nwTtl = hopLimit;
  readTransport(packet, cursor);
}

function readTransport(packet: ParsedPacket, cursor: Cursor): void {
  if (packet.nwFrag === 3) return;
  const headerLength = transportHeaderLength(packet.nwProto, cursor);
  if (headerLength === undefined) return;
  if (headerLength < 0) {
    packet.torn = true;
    return;
  }
  packet.l4 = cursor.offset;
  packet.l7 = cursor.offset + headerLength;
  if (packet.nwProto === 1 || packet.nwProto === 58) {
    packet.tpSrc = cursor.number(0, 1);
    packet.tpDst = cursor.number(1, 1);
    const isDiscovery = packet.nwProto === 58 && packet.tpDst === 0 && [135, 136].includes(packet.tpSrc);
    if (isDiscovery) readNeighborDiscovery(packet, cursor);
    return;
  }
  packet.tpSrc = cursor.number(0, 2);
  packet.tpDst = cursor.number(2, 2);
  if (packet.nwProto === 6) packet.tcpFlags = cursor.number(12, 2) % 4096;
}

/** undefined: a protocol without ports; -1: torn. */
function transportHeaderLength(protocol: number, cursor: Cursor): number | undefined {
  const fixed = new Map([
    [1, 8],
    [6, 20],
    [17, 8],
    [58, 8],
    [132, 12],
  ]).get(protocol);
  if (fixed === undefined) return undefined;
  if (cursor.left < fixed) return -1;
  if (protocol !== 6) return fixed;
  const length = Math.floor(cursor.number(12, 1) / 16) * 4;
  return length < 20 || length > cursor.left ? -1 : length;
}

function readNeighborDiscovery(packet: ParsedPacket, cursor: Cursor): void {
  packet.ndReserved = cursor.number(4, 4);
  if (cursor.left < 24) return;
  packet.ndTarget = cursor.slice(8, 16);
  const options = new Cursor(cursor.bytes, cursor.offset + 24, cursor.end);
  while (options.left >= 8) {
    const type = options.number(0, 1);
    const size = options.number(1, 1) * 8;
    if (size === 0 || size > options.left) return;
    if (size === 8 && (type === 1 || type === 2)) {
      const field = type === 1 ? "arpSha" : "arpTha";
      if (packet[field].some((byte) => byte !== 0)) {
        packet.ndTarget = new Uint8Array(16);
        packet.arpSha = new Uint8Array(6);
        packet.arpTha = new Uint8Array(6);
        return;
      }
      packet[field] = options.slice(2, 6);
      if (packet.ndOptionsType === 0) packet.ndOptionsType = type;
    }
    options.skip(size);
  }
}

function readArp(packet: ParsedPacket, cursor: Cursor): void {
  if (cursor.left < 28) {
    packet.torn = true;
    return;
  }
  const isEthernetIpv4 =
    cursor.number(0, 2) === 1 &&
    cursor.number(2, 2) === 0x0800 &&
    cursor.number(4, 1) === 6 &&
    cursor.number(5, 1) === 4;
  if (!isEthernetIpv4) return;
  const operation = cursor.number(6, 2);
  packet.nwProto = operation < 256 ? operation : 0;
  packet.arpSha = cursor.slice(8, 6);
  packet.nwSrc = cursor.slice(14, 4);
  packet.arpTha = cursor.slice(18, 6);
  packet.nwDst = cursor.slice(24, 4);
}

function readMpls(packet: ParsedPacket, cursor: Cursor): void {
  while (packet.mpls.length < 3 && cursor.left >= 4) {
    const entry = cursor.number(0, 4);
    packet.mpls.push(entry);
    cursor.skip(4);
    if ((entry & 0x100) !== 0) return;
  }
}
