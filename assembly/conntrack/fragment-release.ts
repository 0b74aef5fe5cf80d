/** Fragments leave again: new packet records over the held frames, with what the tracker decided for the whole. */
import { FRAG_DATAGRAM_FIRST, FRAG_DATAGRAM_KEY, FRAG_SLOT_END, FRAG_SLOT_FRAME, FRAG_SLOT_HEADER, FRAG_SLOT_KEY, FRAG_SLOT_NEXT, FRAG_SLOT_RECORD, FRAG_SLOT_START } from "../layout/fragments.ts";
import { KEY_CT_IPV6_SRC, KEY_CT_LABEL, KEY_CT_MARK, KEY_CT_STATE, KEY_EXTENT_CT4, KEY_EXTENT_CT6 } from "../layout/key.ts";
import { PACKET_BATCH_NEXT, PACKET_CONNECTION, PACKET_DATA, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L7, PACKET_LENGTH, PACKET_MIN_HEADROOM, PACKET_PAYLOAD, PACKET_SIZE } from "../layout/packet.ts";
import { finishIpv4Checksum } from "../packet/checksum.ts";
import { reparse } from "../packet/parse.ts";
import { allocatePacket } from "../packet/pool.ts";
import { isIpv6 } from "./tuple.ts";

/** The list (PACKET_BATCH_NEXT) of a datagram's fragments in order. The caller has checked that records are left. */
export function releaseFragments(datagram: usize, whole: usize, wholeFrame: usize): usize {
  const ipv6 = isIpv6(load<u32>(datagram, FRAG_DATAGRAM_KEY));
  const first = <usize>load<u32>(datagram, FRAG_DATAGRAM_FIRST);
  const wholeL3 = wholeFrame + load<u16>(whole, PACKET_L3);
  const wholeHeader = load<u32>(first, FRAG_SLOT_HEADER) - (ipv6 ? 8 : 0);
  let head: usize = 0;
  let tail: usize = 0;
  for (let slot = first; slot != 0; slot = <usize>load<u32>(slot, FRAG_SLOT_NEXT)) {
    const packet = allocatePacket();
    if (packet == 0) break;
    restore(packet, slot);
    const frame = slot + FRAG_SLOT_FRAME;
    const start = load<u32>(slot, FRAG_SLOT_START);
    const payload = frame + load<u32>(slot, FRAG_SLOT_HEADER);
    memory.copy(payload, wholeFrame + wholeHeader + start, load<u32>(slot, FRAG_SLOT_END) - start);
    const ip = frame + load<u16>(packet, PACKET_L3);
    if (ipv6) {
      memory.copy(ip + 8, wholeL3 + 8, 32);
    } else {
      store<u64>(ip, load<u64>(wholeL3, 12), 12);
      finishIpv4Checksum(ip);
    }
    reparse(packet);
    inheritTracking(packet, whole);
    if (tail != 0) store<u32>(tail, <u32>packet, PACKET_BATCH_NEXT);
    else head = packet;
    tail = packet;
  }
  if (tail != 0) store<u32>(tail, 0, PACKET_BATCH_NEXT);
  return head;
}

/** Record and key as they were when the fragment came, over the frame in the slot. */
function restore(packet: usize, slot: usize): void {
  const key = load<u32>(packet, PACKET_KEY);
  memory.copy(packet, slot + FRAG_SLOT_RECORD, PACKET_SIZE);
  memory.copy(key, slot + FRAG_SLOT_KEY, load<u32>(packet, PACKET_KEY_EXTENT));
  store<u32>(packet, key, PACKET_KEY);
  store<u32>(packet, <u32>(slot + FRAG_SLOT_FRAME), PACKET_DATA);
  store<u32>(packet, load<u32>(packet, PACKET_LENGTH), PACKET_HEAD_LENGTH);
  store<u32>(packet, 0, PACKET_PAYLOAD);
  store<u32>(packet, PACKET_MIN_HEADROOM, PACKET_HEADROOM);
  store<u16>(packet, 0, PACKET_L7);
}

function inheritTracking(packet: usize, whole: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  const wholeKey = <usize>load<u32>(whole, PACKET_KEY);
  const extent = load<u32>(whole, PACKET_KEY_EXTENT) >= <u32>KEY_EXTENT_CT6 ? <u32>KEY_EXTENT_CT6 : <u32>KEY_EXTENT_CT4;
  if (load<u32>(packet, PACKET_KEY_EXTENT) < extent) store<u32>(packet, extent, PACKET_KEY_EXTENT);
  store<u32>(key, load<u32>(wholeKey, KEY_CT_MARK), KEY_CT_MARK);
  store<u32>(key, load<u32>(wholeKey, KEY_CT_STATE), KEY_CT_STATE);
  memory.copy(key + KEY_CT_LABEL, wholeKey + KEY_CT_LABEL, KEY_EXTENT_CT4 - KEY_CT_LABEL);
  if (extent == <u32>KEY_EXTENT_CT6) memory.copy(key + KEY_CT_IPV6_SRC, wholeKey + KEY_CT_IPV6_SRC, 32);
  store<u32>(packet, load<u32>(whole, PACKET_CONNECTION), PACKET_CONNECTION);
}
