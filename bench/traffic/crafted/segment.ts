/**
 * TCP segments over IPv4 as crafted connections send and check them: whole frames, no stack.
 *
 *    0 destination(6) source(6) type(2)
 *   14 version and length(1) service(1) total length(2) id(2) fragment(2) TTL(1) protocol(1) checksum(2) source(4) destination(4)
 *   34 source port(2) destination port(2) sequence(4) acknowledgement(4) length(1) flags(1) window(2) checksum(2) urgent(2)
 *   54 options, payload
 *
 * Cost: a template is copied and its checksum completed by what differs, the client's port and the numbers.
 */
import { internetChecksum, onesSum, pseudoHeaderSum } from "../../../test/model/checksums.ts";

const IPV4 = 14;
const IPV4_LENGTH = IPV4 + 2;
const IPV4_CHECKSUM = IPV4 + 10;
const IPV4_SOURCE = IPV4 + 12;
const IPV4_DESTINATION = IPV4 + 16;
const TCP = 34;
const TCP_DESTINATION = TCP + 2;
const TCP_SEQUENCE = TCP + 4;
const TCP_ACKNOWLEDGEMENT = TCP + 8;
const TCP_LENGTH = TCP + 12;
const TCP_FLAGS = TCP + 13;
const TCP_CHECKSUM = TCP + 16;
const TCP_END = TCP + 20;

const TYPE_IPV4 = 0x0800;
const VERSION_AND_LENGTH = 0x45;
const PROTOCOL_TCP = 6;
/** Don't fragment, as every TCP of Linux sends; TTL 64. */
const IPV4_HEADER = "4500 0000 0000 4000 4006 0000";
const WINDOW = 64_240;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
/** Of a SYN: segments of 1460 bytes, SACK, windows in units of 128 bytes. */
export const SYN_OPTIONS = hex("020405b4 0402 01 030307 0101");
export const NO_BYTES = new Uint8Array(0);

/** One direction of all connections between two hosts. The port that is left out is the client's: it differs. */
export interface Path {
  readonly sourceMac: string;
  /** Of the router, as a rule. */
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export interface Content {
  readonly flags: number;
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
}

/** Hands a segment over to be sent: the template with the client's port and the numbers. */
export type Transmit = (template: SegmentTemplate, port: number, sequence: number, acknowledgement: number) => void;

export class SegmentTemplate {
  readonly bytes: Uint8Array;
  /** Of its payload. */
  readonly length: number;
  /** Of all that does not differ, the pseudo-header with it. */
  readonly #sum: number;
  readonly #portPlace: number;

  constructor(path: Path, { flags, options = NO_BYTES, payload = NO_BYTES }: Content) {
    const bytes = Buffer.alloc(TCP_END + options.length + payload.length);
    hex(`${path.destinationMac} ${path.sourceMac} 0800 ${IPV4_HEADER}`).copy(bytes);
    bytes.writeUInt16BE(bytes.length - IPV4, IPV4_LENGTH);
    bytes.writeUInt32BE(addressNumber(path.source), IPV4_SOURCE);
    bytes.writeUInt32BE(addressNumber(path.destination), IPV4_DESTINATION);
    bytes.writeUInt16BE(internetChecksum(bytes.subarray(IPV4, TCP)), IPV4_CHECKSUM);
    bytes.writeUInt16BE(path.sourcePort ?? 0, TCP);
    bytes.writeUInt16BE(path.destinationPort ?? 0, TCP_DESTINATION);
    bytes[TCP_LENGTH] = ((TCP_END - TCP + options.length) / 4) << 4;
    bytes[TCP_FLAGS] = flags;
    bytes.writeUInt16BE(WINDOW, TCP + 14);
    bytes.set(options, TCP_END);
    bytes.set(payload, TCP_END + options.length);
    const addresses = [bytes.subarray(IPV4_SOURCE, IPV4_DESTINATION), bytes.subarray(IPV4_DESTINATION, TCP)] as const;
    const pseudoHeader = pseudoHeaderSum(...addresses, PROTOCOL_TCP, bytes.length - TCP);
    this.#sum = onesSum(bytes.subarray(TCP), pseudoHeader);
    this.#portPlace = path.sourcePort === undefined ? TCP : TCP_DESTINATION;
    this.bytes = bytes;
    this.length = payload.length;
  }

  /** Writes the frame at a place of the memory that both views show. */
  write(memory: Uint8Array, view: DataView, at: number, port: number, sequence: number, acknowledgement: number): void {
    memory.set(this.bytes, at);
    const numbers = (sequence >>> 16) + (sequence & 0xffff) + (acknowledgement >>> 16) + (acknowledgement & 0xffff);
    const sum = this.#sum + port + numbers;
    view.setUint16(at + this.#portPlace, port);
    view.setUint32(at + TCP_SEQUENCE, sequence);
    view.setUint32(at + TCP_ACKNOWLEDGEMENT, acknowledgement);
    view.setUint16(at + TCP_CHECKSUM, folded(sum) ^ 0xffff);
  }
}

/** What `inspect` finds: no TCP segment over IPv4, one with a wrong checksum, a right one. */
export const STRANGE = 0;
export const DAMAGED = 1;
export const RIGHT = 2;

/** `isOpen`: the TCP checksum is still to be computed, as the frame's virtio-net header says; the pseudo-header's sum stands there. */
export function inspect(view: DataView, at: number, size: number, isOpen: boolean): number {
  if (size < TCP_END || view.getUint16(at + 12) !== TYPE_IPV4) return STRANGE;
  if (view.getUint8(at + IPV4) !== VERSION_AND_LENGTH || view.getUint8(at + IPV4 + 9) !== PROTOCOL_TCP) return STRANGE;
  const end = IPV4 + view.getUint16(at + IPV4_LENGTH);
  if (end < TCP_END || end > size) return DAMAGED;
  if (!isNothing(sum(view, at + IPV4, at + TCP))) return DAMAGED;
  const pseudoHeader = sum(view, at + IPV4_SOURCE, at + TCP) + PROTOCOL_TCP + end - TCP;
  if (isOpen) return folded(pseudoHeader) === view.getUint16(at + TCP_CHECKSUM) ? RIGHT : DAMAGED;
  return isNothing(pseudoHeader + sum(view, at + TCP, at + end)) ? RIGHT : DAMAGED;
}

/** Of 16-bit words, as far as one's complement goes: 32 bits at a time are the same modulo 2^16 − 1. */
function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) total += view.getUint32(at);
  if (at + 2 <= to) {
    total += view.getUint16(at);
    at += 2;
  }
  return at < to ? total + (view.getUint8(at) << 8) : total;
}

/** A sum with its own checksum in it: all ones. */
function isNothing(total: number): boolean {
  return total % 0xffff === 0;
}

/** In 16 bits; 0 only for 0. */
function folded(total: number): number {
  return total === 0 ? 0 : total % 0xffff || 0xffff;
}

export const sourceOf = (view: DataView, at: number): number => view.getUint32(at + IPV4_SOURCE);
export const destinationOf = (view: DataView, at: number): number => view.getUint32(at + IPV4_DESTINATION);
export const sourcePortOf = (view: DataView, at: number): number => view.getUint16(at + TCP);
export const destinationPortOf = (view: DataView, at: number): number => view.getUint16(at + TCP_DESTINATION);
export const sequenceOf = (view: DataView, at: number): number => view.getUint32(at + TCP_SEQUENCE);
export const acknowledgementOf = (view: DataView, at: number): number => view.getUint32(at + TCP_ACKNOWLEDGEMENT);
export const flagsOf = (view: DataView, at: number): number => view.getUint8(at + TCP_FLAGS);
const payloadOf = (view: DataView, at: number): number => TCP + (view.getUint8(at + TCP_LENGTH) >> 4) * 4;
export const payloadLengthOf = (view: DataView, at: number): number =>
  IPV4 + view.getUint16(at + IPV4_LENGTH) - payloadOf(view, at);
export const firstByteOf = (view: DataView, at: number): number => view.getUint8(at + payloadOf(view, at));

export const addressNumber = (address: string): number => Buffer.from(address.split(".").map(Number)).readUInt32BE();

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/[: ]/g, ""), "hex");
}
