/** Frames between named stations, and what they say when they come out. */

import {
  addressBytes,
  addressFromBytes,
  parseAddress,
  solicitedNodeAddress,
} from "../../../src/northbound/network/ip.ts";
import {
  arp as arpPayload,
  concat,
  icmp as icmpMessage,
  icmpv6,
  ipv4,
  ipv4Address,
  ipv6,
  sctp as sctpPacket,
  tcp as tcpSegment,
  udp as udpDatagram,
} from "../../model/frames.ts";

export interface Station {
  readonly mac: string;
  readonly ip: string;
}

export interface Tcp {
  readonly from: number;
  readonly to: number;
  /** "S", "SA", "A", "PA", "FA", "R". */
  readonly flags: string;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly payload?: string;
}

const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16 };
const bytesOfMac = (mac: string): number[] => mac.split(":").map((byte) => Number.parseInt(byte, 16));
const bytesOfIp = (text: string): Uint8Array => addressBytes(parseAddress(text)!);

export function ethernetFrame(to: string, from: string, type: number, payload: Uint8Array): Uint8Array {
  return concat(bytesOfMac(to), bytesOfMac(from), [type >>> 8, type & 255], payload);
}

export function arpRequest(from: Station, target: string, sender = from.mac): Uint8Array {
  const payload = arpPayload(1, ipv4Address(from.ip), ipv4Address(target));
  payload.set(bytesOfMac(sender), 8);
  payload.fill(0, 18, 24);
  return ethernetFrame("ff:ff:ff:ff:ff:ff", from.mac, 0x0806, payload);
}

export function arpReply(from: Station, to: Station): Uint8Array {
  const payload = arpPayload(2, ipv4Address(from.ip), ipv4Address(to.ip));
  payload.set(bytesOfMac(from.mac), 8);
  payload.set(bytesOfMac(to.mac), 18);
  return ethernetFrame(to.mac, from.mac, 0x0806, payload);
}

/** An IP packet by the family of its addresses. */
function packet(via: string, from: Station, to: string, protocol: number, payload: Uint8Array, ttl = 64): Uint8Array {
  const ip = { source: bytesOfIp(from.ip), destination: bytesOfIp(to), ttl };
  return from.ip.includes(":")
    ? ethernetFrame(via, from.mac, 0x86dd, ipv6(ip, protocol, payload))
    : ethernetFrame(via, from.mac, 0x0800, ipv4(ip, protocol, payload));
}

const addresses = (from: Station, to: string) => ({ source: bytesOfIp(from.ip), destination: bytesOfIp(to) });

export function ping(via: string, from: Station, to: string, ttl = 64): Uint8Array {
  const rest = concat([0, 1, 0, 1], new Uint8Array(8));
  if (!from.ip.includes(":")) return packet(via, from, to, 1, icmpMessage(8, 0, rest), ttl);
  return packet(via, from, to, 58, icmpv6(addresses(from, to), 128, 0, rest), ttl);
}

export function tcp(via: string, from: Station, to: string, segment: Tcp, ttl?: number): Uint8Array {
  const flags = [...segment.flags].reduce((sum, flag) => sum | FLAGS[flag], 0);
  const { sequence = 1, acknowledgement = 0, payload = "" } = segment;
  const header = { source: segment.from, destination: segment.to, flags, sequence, acknowledgement };
  const bytes = tcpSegment(addresses(from, to), header, new TextEncoder().encode(payload));
  return packet(via, from, to, 6, bytes, ttl);
}

export function udp(via: string, from: Station, to: string, source: number, destination: number): Uint8Array {
  return packet(via, from, to, 17, udpDatagram(addresses(from, to), source, destination, Uint8Array.of(1, 2, 3, 4)));
}

export function sctpInit(via: string, from: Station, to: string, source: number, destination: number): Uint8Array {
  const chunk = concat([1, 0, 0, 20], [0xca, 0xfe, 0xba, 0xbe], [0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
  return packet(via, from, to, 132, sctpPacket(source, destination, chunk, 0));
}

/** ICMP port unreachable (RFC 792) about an IPv4 frame that `from` got. */
export function portUnreachable(via: string, from: Station, about: Uint8Array): Uint8Array {
  const quoted = about.subarray(14);
  return packet(
    via,
    from,
    addressFromBytes(quoted.subarray(12, 16)).text,
    1,
    icmpMessage(3, 3, concat([0, 0, 0, 0], quoted)),
  );
}

/** A neighbour solicitation to the target's solicited-node address (RFC 4291 section 2.7.1). */
export function solicitation(from: Station, target: string): Uint8Array {
  const to = solicitedNodeAddress(parseAddress(target)!);
  const group = [0x33, 0x33, ...addressBytes(to).subarray(12)].map((byte) => byte.toString(16).padStart(2, "0"));
  const body = concat([0, 0, 0, 0], bytesOfIp(target), [1, 1], bytesOfMac(from.mac));
  return packet(group.join(":"), from, to.text, 58, icmpv6(addresses(from, to.text), 135, 0, body), 255);
}

export function advertisement(from: Station, to: Station): Uint8Array {
  const body = concat([0x60, 0, 0, 0], bytesOfIp(from.ip), [2, 1], bytesOfMac(from.mac));
  return packet(to.mac, from, to.ip, 58, icmpv6(addresses(from, to.ip), 136, 0, body), 255);
}

/** "aa:… > bb:…: 2.1.1.10:40000 > 1.1.1.100:8000 tcp S ttl 63": one line a frame, checksums verified. */
export function describe(frame: Uint8Array): string {
  const mac = (at: number) =>
    [...frame.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  const type = (frame[12] << 8) | frame[13];
  const body = frame.subarray(14);
  const what =
    type === 0x0806
      ? describeArp(body, (at) => mac(14 + at))
      : type === 0x0800
        ? describeIpv4(body)
        : describeIpv6(body);
  return `${mac(6)} > ${mac(0)}: ${what}`;
}

const ip = (bytes: Uint8Array): string => addressFromBytes(bytes).text;

function describeArp(body: Uint8Array, mac: (at: number) => string): string {
  const sender = ip(body.subarray(14, 18));
  const target = ip(body.subarray(24, 28));
  return body[7] === 1 ? `arp who-has ${target} tell ${sender}` : `arp ${sender} is-at ${mac(8)} to ${target}`;
}

function describeIpv4(body: Uint8Array): string {
  const length = (body[2] << 8) | body[3];
  if (ones(body.subarray(0, 20)) !== 0xffff) return "bad IPv4 header checksum";
  const pseudo = concat(body.subarray(12, 20), [0, body[9], (length - 20) >>> 8, (length - 20) & 255]);
  const [source, destination] = [ip(body.subarray(12, 16)), ip(body.subarray(16, 20))];
  return describeTransport(body[9], body.subarray(20, length), pseudo, source, destination, body[8]);
}

function describeIpv6(body: Uint8Array): string {
  const length = (body[4] << 8) | body[5];
  const pseudo = concat(body.subarray(8, 40), [0, 0, length >>> 8, length & 255, 0, 0, 0, body[6]]);
  const [source, destination] = [ip(body.subarray(8, 24)), ip(body.subarray(24, 40))];
  return describeTransport(body[6], body.subarray(40, 40 + length), pseudo, source, destination, body[7]);
}

function describeTransport(
  protocol: number,
  payload: Uint8Array,
  pseudo: Uint8Array,
  source: string,
  destination: string,
  ttl: number,
): string {
  const port = (at: number) => (payload[at] << 8) | payload[at + 1];
  const ends = `${source}:${port(0)} > ${destination}:${port(2)}`;
  const summed = protocol === 1 ? payload : concat(pseudo, payload);
  if (protocol !== 132 && ones(summed) !== 0xffff) return `bad checksum of protocol ${protocol}`;
  switch (protocol) {
    case 1:
    case 58:
      return `${source} > ${destination} icmp ${payload[0]}/${payload[1]} ttl ${ttl}`;
    case 6: {
      const flags = Object.keys(FLAGS).filter((name) => payload[13] & FLAGS[name]);
      return `${ends} tcp ${flags.join("")} ttl ${ttl}`;
    }
    case 17:
      return `${ends} udp ttl ${ttl}`;
    default:
      return `${ends} protocol ${protocol} ttl ${ttl}`;
  }
}

function ones(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** What came out of each port, in words. */
export function told(out: Record<string, Uint8Array[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(out).map(([port, frames]) => [port, frames.map(describe)]));
}
