/**
 * The reassembly of fragments as its counters and records in shared memory show it.
 *
 * The worker goes on meanwhile: a datagram that becomes whole while it is read may be shown half, or twice, or end the list.
 */
import {
  FRAG_DATAGRAM_ADDRESSES,
  FRAG_DATAGRAM_COUNT,
  FRAG_DATAGRAM_FIRST,
  FRAG_DATAGRAM_ID,
  FRAG_DATAGRAM_KEY,
  FRAG_DATAGRAM_RECIRC,
  FRAG_DATAGRAM_TOTAL,
  FRAG_DATAGRAM_YOUNGER,
  FRAG_DATAGRAMS,
  FRAG_ENABLED,
  FRAG_MIN_SIZE,
  FRAG_OLDEST,
  FRAG_SLOT_FRAME,
  FRAG_SLOT_HEADER,
  FRAG_SLOT_START,
  FRAG_STAT_ACCEPTED,
  FRAG_STAT_COMPLETED,
  FRAG_STAT_COUNT,
  FRAG_STAT_EXPIRED,
  FRAG_STAT_OVERLAP,
  FRAG_STAT_TOO_SMALL,
  FRAG_STATS,
} from "../../assembly/layout/fragments.ts";
import { FRAGMENTS_BASE } from "../../assembly/memory.ts";
import type { FragmentFamilyStatus, HeldDatagram } from "./datapath.ts";

export function readFragmentFamily(view: DataView, family: 4 | 6): FragmentFamilyStatus {
  const index = family === 4 ? 0 : 1;
  const statistic = (which: number): bigint =>
    view.getBigUint64(FRAGMENTS_BASE + FRAG_STATS + (index * FRAG_STAT_COUNT + which) * 8, true);
  return {
    enabled: view.getUint32(FRAGMENTS_BASE + FRAG_ENABLED + index * 4, true) !== 0,
    minimum: view.getUint32(FRAGMENTS_BASE + FRAG_MIN_SIZE + index * 4, true),
    accepted: statistic(FRAG_STAT_ACCEPTED),
    completed: statistic(FRAG_STAT_COMPLETED),
    expired: statistic(FRAG_STAT_EXPIRED),
    tooSmall: statistic(FRAG_STAT_TOO_SMALL),
    overlapping: statistic(FRAG_STAT_OVERLAP),
  };
}

/** Oldest first. */
export function readHeldDatagrams(view: DataView): HeldDatagram[] {
  const held: HeldDatagram[] = [];
  let at = view.getUint32(FRAGMENTS_BASE + FRAG_OLDEST, true);
  while (at !== 0 && held.length < FRAG_DATAGRAMS) {
    held.push(readDatagram(view, at));
    at = view.getUint32(at + FRAG_DATAGRAM_YOUNGER, true);
  }
  return held;
}

function readDatagram(view: DataView, at: number): HeldDatagram {
  const key = view.getUint32(at + FRAG_DATAGRAM_KEY, true);
  const bytes = key >>> 24 === 6 ? 16 : 4;
  const address = (half: number): Uint8Array =>
    new Uint8Array(view.buffer, at + FRAG_DATAGRAM_ADDRESSES + half * 16, bytes).slice();
  const slot = view.getUint32(at + FRAG_DATAGRAM_FIRST, true);
  return {
    source: address(0),
    destination: address(1),
    // IPv6's datagrams are told apart without it: it stands in the fragment header, 8 bytes before the payload.
    protocol:
      bytes === 4
        ? (key >>> 16) & 0xff
        : view.getUint8(slot + FRAG_SLOT_FRAME + view.getUint32(slot + FRAG_SLOT_HEADER, true) - 8),
    zone: key & 0xffff,
    recirculationId: view.getUint32(at + FRAG_DATAGRAM_RECIRC, true),
    // IPv4 has 16 bits of it.
    identification: bytes === 4 ? view.getUint16(at + FRAG_DATAGRAM_ID) : view.getUint32(at + FRAG_DATAGRAM_ID),
    fragments: view.getUint32(at + FRAG_DATAGRAM_COUNT, true),
    hasFirst: slot !== 0 && view.getUint32(slot + FRAG_SLOT_START, true) === 0,
    hasLast: view.getUint32(at + FRAG_DATAGRAM_TOTAL, true) !== 0,
  };
}
