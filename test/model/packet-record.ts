/** Frames in linear memory as PACKET records, and what the record and its key then say. */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_ETH_TYPE,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_SIZE,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
} from "../../assembly/layout/key.ts";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import {
  PACKET_BATCH_NEXT,
  PACKET_CSUM_OFFSET,
  PACKET_CSUM_START,
  PACKET_DATA,
  PACKET_FLAG_TORN,
  PACKET_FLAGS,
  PACKET_GSO_SIZE,
  PACKET_GSO_TYPE,
  PACKET_HDR_LEN,
  PACKET_HEAD_LENGTH,
  PACKET_HEADROOM,
  PACKET_IN_PORT,
  PACKET_KEY,
  PACKET_L3,
  PACKET_L3_LENGTH,
  PACKET_L4,
  PACKET_L7,
  PACKET_LENGTH,
  PACKET_MIN_HEADROOM,
  PACKET_PAYLOAD,
  PACKET_VNET_FLAGS,
} from "../../assembly/layout/packet.ts";
import { BUFFERS_BASE } from "../../assembly/memory.ts";
import type { FastPath } from "./module.ts";
import type { ParsedPacket } from "./packet.ts";

export interface Offload {
  readonly flags: number;
  readonly gsoType?: number;
  readonly gsoSize?: number;
  readonly headerLength?: number;
  readonly checksumStart?: number;
  readonly checksumOffset?: number;
}

export interface Placement {
  /** Bytes in the head; the rest goes elsewhere, as a clone's payload. Default: all. */
  readonly head?: number;
  readonly inPort?: number;
  readonly offload?: Offload;
  /** Which receive buffer; the payload goes into the one after it. */
  readonly buffer?: number;
}

/** A new record for a frame, not parsed yet. */
export function placeFrame(fastPath: FastPath, frame: Uint8Array, placement: Placement = {}): number {
  const { bytes, view, call } = fastPath;
  const packet = call.allocatePacket() >>> 0;
  if (packet === 0) throw new Error("no packet record left");
  const data = BUFFERS_BASE + (placement.buffer ?? 0) * BUFFER_SIZE + PACKET_MIN_HEADROOM;
  const head = Math.min(placement.head ?? frame.length, frame.length);
  bytes.set(frame.subarray(0, head), data);
  bytes.set(frame.subarray(head), data + BUFFER_SIZE);
  const { offload } = placement;
  view.setUint32(packet + PACKET_DATA, data, true);
  view.setUint32(packet + PACKET_LENGTH, frame.length, true);
  view.setUint32(packet + PACKET_HEAD_LENGTH, head, true);
  view.setUint32(packet + PACKET_PAYLOAD, head < frame.length ? data + BUFFER_SIZE : 0, true);
  view.setUint32(packet + PACKET_HEADROOM, PACKET_MIN_HEADROOM, true);
  view.setUint32(packet + PACKET_IN_PORT, placement.inPort ?? 1, true);
  if (offload !== undefined) {
    view.setUint8(packet + PACKET_VNET_FLAGS, offload.flags);
    view.setUint8(packet + PACKET_GSO_TYPE, offload.gsoType ?? 0);
    view.setUint16(packet + PACKET_GSO_SIZE, offload.gsoSize ?? 0, true);
    view.setUint16(packet + PACKET_HDR_LEN, offload.headerLength ?? 0, true);
    view.setUint16(packet + PACKET_CSUM_START, offload.checksumStart ?? 0, true);
    view.setUint16(packet + PACKET_CSUM_OFFSET, offload.checksumOffset ?? 0, true);
  }
  return packet;
}

/** A new record, parsed. The pool is reset first: one packet at a time. */
export function parseFrame(fastPath: FastPath, frame: Uint8Array, placement: Placement = {}): number {
  fastPath.call.resetPool();
  const packet = placeFrame(fastPath, frame, placement);
  fastPath.call.parse(packet);
  return packet;
}

/** The frame's bytes, head and payload. */
export function frameOf({ bytes, view }: FastPath, packet: number): Uint8Array {
  const length = view.getUint32(packet + PACKET_LENGTH, true);
  const head = Math.min(view.getUint32(packet + PACKET_HEAD_LENGTH, true), length);
  const data = view.getUint32(packet + PACKET_DATA, true);
  const payload = view.getUint32(packet + PACKET_PAYLOAD, true);
  const frame = new Uint8Array(length);
  frame.set(bytes.subarray(data, data + head));
  if (head < length) frame.set(bytes.subarray(payload, payload + length - head), head);
  return frame;
}

/** All KEY_SIZE bytes of the key. */
export function keyOf({ bytes, view }: FastPath, packet: number): Uint8Array {
  const key = view.getUint32(packet + PACKET_KEY, true);
  return bytes.slice(key, key + KEY_SIZE);
}

/** The list that starts at `packet`, linked by PACKET_BATCH_NEXT. */
export function listOf({ view }: FastPath, packet: number): number[] {
  const packets: number[] = [];
  for (let next = packet; next !== 0; next = view.getUint32(next + PACKET_BATCH_NEXT, true)) packets.push(next);
  return packets;
}

/** Record and key in the model's terms. */
export function readParsed(fastPath: FastPath, packet: number): ParsedPacket {
  const { view, call } = fastPath;
  const key = keyOf(fastPath, packet);
  const keyView = new DataView(key.buffer);
  const u16 = (offset: number) => view.getUint16(packet + offset, true);
  const vlans = [0, 4]
    .map((tag) => ({ tpid: keyView.getUint16(KEY_VLAN_TPID0 + tag), tci: keyView.getUint16(KEY_VLAN_TCI0 + tag) }))
    .filter((tag) => tag.tpid !== 0 || tag.tci !== 0);
  const mpls = [0, 4, 8].map((entry) => keyView.getUint32(KEY_MPLS_LSE0 + entry));
  while (mpls.at(-1) === 0) mpls.pop();
  return {
    ethDst: key.slice(KEY_ETH_DST, KEY_ETH_DST + 6),
    ethSrc: key.slice(KEY_ETH_SRC, KEY_ETH_SRC + 6),
    ethType: keyView.getUint16(KEY_ETH_TYPE),
    vlans,
    mpls,
    nwSrc: key.slice(KEY_NW_SRC, KEY_NW_SRC + 4),
    nwDst: key.slice(KEY_NW_DST, KEY_NW_DST + 4),
    ipv6Src: key.slice(KEY_IPV6_SRC, KEY_IPV6_SRC + 16),
    ipv6Dst: key.slice(KEY_IPV6_DST, KEY_IPV6_DST + 16),
    ipv6Label: keyView.getUint32(KEY_IPV6_LABEL),
    nwProto: key[KEY_NW_PROTO],
    nwTos: key[KEY_NW_TOS],
    nwTtl: key[KEY_NW_TTL],
    nwFrag: key[KEY_NW_FRAG],
    tcpFlags: keyView.getUint16(KEY_TCP_FLAGS),
    tpSrc: keyView.getUint16(KEY_TP_SRC),
    tpDst: keyView.getUint16(KEY_TP_DST),
    arpSha: key.slice(KEY_ARP_SHA, KEY_ARP_SHA + 6),
    arpTha: key.slice(KEY_ARP_THA, KEY_ARP_THA + 6),
    ndTarget: key.slice(KEY_ND_TARGET, KEY_ND_TARGET + 16),
    ndReserved: keyView.getUint32(KEY_ND_RESERVED),
    ndOptionsType: key[KEY_ND_OPTIONS_TYPE],
    l3: u16(PACKET_L3),
    l4: u16(PACKET_L4),
    l7: u16(PACKET_L7),
    l3Length: view.getUint32(packet + PACKET_L3_LENGTH, true),
    torn: (u16(PACKET_FLAGS) & PACKET_FLAG_TORN) !== 0,
    badHeaderChecksum: call.verifyHeaderChecksum(packet) === 0,
  };
}
