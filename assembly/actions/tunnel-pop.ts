/**
 * OP_TUNNEL_POP: takes Geneve (RFC 8926) or VXLAN (RFC 7348) off, and looks the inner packet up with the outer headers as
 * its tunnel fields.
 *
 * Invariants: the outer UDP checksum, when there is one, holds or is vouched for. What the record knew about the outer packet
 *   (connection, bucket, offload) is forgotten.
 * Not handled: outer fragments (they have no UDP header to look at), VXLAN-GBP and VXLAN-GPE, inner protocols other than Ethernet.
 */
import { countMany, drop } from "../counters.ts";
import { COUNTER_CLONED, DROP_NO_BUFFER, DROP_TUNNEL } from "../layout/counter.ts";
import { KEY_NW_PROTO, KEY_SIZE, KEY_TUN_DST, KEY_TUN_FLAGS, KEY_TUN_ID, KEY_TUN_IPV6_DST, KEY_TUN_IPV6_SRC, KEY_TUN_SRC, KEY_TUN_TOS, KEY_TUN_TP_DST, KEY_TUN_TP_SRC, KEY_TUN_TTL, TUN_FLAG_CSUM, TUN_FLAG_DF, TUN_FLAG_KEY } from "../layout/key.ts";
import { PACKET_BATCH_NEXT, PACKET_BUCKET, PACKET_CONNECTION, PACKET_CSUM_START, PACKET_DATA, PACKET_GSO_TYPE, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L4, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_NONE } from "../layout/packet.ts";
import { TUNNEL_GENEVE, TUNNEL_VXLAN } from "../layout/program.ts";
import { CLONE_HEAD_STRIDE, PIPELINE_BASE } from "../memory.ts";
import { verifyTransportChecksum } from "../packet/checksum.ts";
import { readGeneve } from "../packet/geneve.ts";
import { segmentPacket } from "../packet/offload.ts";
import { parse } from "../packet/parse.ts";
import { cloneHead } from "../packet/pool.ts";
import { readVxlan } from "../packet/vxlan.ts";
import { passAgain } from "../pipeline.ts";
import { handOver } from "./hand-over.ts";

const PORT: usize = 8;
const KIND: usize = 12;
const UDP: u32 = 17;
const UDP_SIZE: u32 = 8;
const ETHERNET_SIZE: u32 = 14;
/** Bytes of inner headers that must lie in one piece. */
const INNER_HEAD: u32 = 192;

/** Tunnel fields are put together here, because parsing the inner packet clears the key that the outer ones come from. */
const TUNNEL: usize = PIPELINE_BASE + 0x10000 - KEY_TUN_ID;

export function popTunnel(packet: usize, instruction: usize, last: bool): void {
  const own = handOver(packet, last);
  if (own == 0) return;
  const port = load<u32>(instruction, PORT);
  const kind = load<u32>(instruction, KIND);
  if (load<u8>(own, PACKET_GSO_TYPE) == VNET_GSO_NONE) return decapsulate(own, port, kind);

  let segment = segmentPacket(own); // the sender's kernel had coalesced tunnel packets
  if (segment == 0) return drop(own, DROP_NO_BUFFER);
  let segments: u64 = 0;
  while (segment != 0) {
    const following = <usize>load<u32>(segment, PACKET_BATCH_NEXT);
    store<u32>(segment, 0, PACKET_BATCH_NEXT);
    segments++;
    decapsulate(segment, port, kind);
    segment = following;
  }
  countMany(COUNTER_CLONED, segments - 1);
}

function decapsulate(packet: usize, port: u32, kind: u32): void {
  const inner = readOuterHeaders(packet, kind);
  if (inner == 0) return drop(packet, DROP_TUNNEL);
  strip(packet, inner);
  store<u32>(packet, port, PACKET_IN_PORT);
  store<u32>(packet, 0, PACKET_CONNECTION);
  store<u32>(packet, 0, PACKET_BUCKET);
  parse(packet);
  memory.copy(<usize>load<u32>(packet, PACKET_KEY) + KEY_TUN_ID, TUNNEL + KEY_TUN_ID, KEY_SIZE - KEY_TUN_ID);
  store<u32>(packet, KEY_SIZE, PACKET_KEY_EXTENT);
  passAgain(packet);
}

/** Fills TUNNEL from the outer headers; offset of the inner packet, 0 when this is no such tunnel packet. */
function readOuterHeaders(packet: usize, kind: u32): u32 {
  const l3: u32 = load<u16>(packet, PACKET_L3);
  const l4: u32 = load<u16>(packet, PACKET_L4);
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (l4 == 0 || load<u8>(key, KEY_NW_PROTO) != UDP) return 0;
  const headBytes = load<u32>(packet, PACKET_HEAD_LENGTH);
  if (l4 + UDP_SIZE > headBytes) return 0;
  const data: usize = load<u32>(packet, PACKET_DATA);
  const udp = data + l4;
  memory.fill(TUNNEL + KEY_TUN_ID, 0, KEY_SIZE - KEY_TUN_ID);
  let flags: u32 = TUN_FLAG_KEY;
  if (load<u16>(udp, 6) != 0) {
    if (!verifyTransportChecksum(packet)) return 0;
    flags |= TUN_FLAG_CSUM;
  }
  store<u32>(TUNNEL, load<u32>(udp), KEY_TUN_TP_SRC); // both ports
  const ip = data + l3;
  if (load<u8>(ip) >> 4 == 4) {
    store<u64>(TUNNEL, load<u64>(ip, 12), KEY_TUN_SRC); // both addresses
    store<u8>(TUNNEL, load<u8>(ip, 1), KEY_TUN_TOS);
    store<u8>(TUNNEL, load<u8>(ip, 8), KEY_TUN_TTL);
    if (load<u8>(ip, 6) & 0x40) flags |= TUN_FLAG_DF;
  } else {
    memory.copy(TUNNEL + KEY_TUN_IPV6_SRC, ip + 8, 16);
    memory.copy(TUNNEL + KEY_TUN_IPV6_DST, ip + 24, 16);
    store<u8>(TUNNEL, <u8>(bswap<u16>(load<u16>(ip)) >> 4), KEY_TUN_TOS);
    store<u8>(TUNNEL, load<u8>(ip, 7), KEY_TUN_TTL);
  }
  store<u16>(TUNNEL, bswap<u16>(<u16>flags), KEY_TUN_FLAGS);
  const tunnel = udp + UDP_SIZE;
  const available = headBytes - l4 - UDP_SIZE;
  let tunnelBytes: u32 = 0;
  if (kind == TUNNEL_GENEVE) tunnelBytes = readGeneve(tunnel, available, TUNNEL);
  else if (kind == TUNNEL_VXLAN) tunnelBytes = readVxlan(tunnel, available, TUNNEL);
  if (tunnelBytes == 0) return 0;
  const inner = l4 + UDP_SIZE + tunnelBytes;
  return inner + ETHERNET_SIZE <= load<u32>(packet, PACKET_LENGTH) ? inner : 0;
}

/** Makes the frame start at its inner Ethernet header, with the inner headers in the head. */
function strip(packet: usize, inner: u32): void {
  store<u8>(packet, innerChecksumIsPartial(packet, inner) ? <u8>VNET_F_NEEDS_CSUM : 0, PACKET_VNET_FLAGS);
  const length = load<u32>(packet, PACKET_LENGTH) - inner;
  const head = load<u32>(packet, PACKET_HEAD_LENGTH) - inner;
  const data = load<u32>(packet, PACKET_DATA) + inner;
  store<u32>(packet, length, PACKET_LENGTH);
  if (head == length || head >= INNER_HEAD) {
    store<u32>(packet, data, PACKET_DATA);
    store<u32>(packet, head, PACKET_HEAD_LENGTH);
    store<u32>(packet, load<u32>(packet, PACKET_HEADROOM) + inner, PACKET_HEADROOM);
    return;
  }
  // A clone's head ends inside the inner headers: put a new one together in the record's own room.
  const payload = load<u32>(packet, PACKET_PAYLOAD);
  const whole = min<u32>(length, INNER_HEAD);
  const headroom = <u32>CLONE_HEAD_STRIDE - INNER_HEAD;
  const own = <u32>cloneHead(packet) + headroom;
  memory.copy(own, data, head);
  memory.copy(own + head, payload, whole - head);
  store<u32>(packet, own, PACKET_DATA);
  store<u32>(packet, whole, PACKET_HEAD_LENGTH);
  store<u32>(packet, headroom, PACKET_HEADROOM);
  store<u32>(packet, whole < length ? payload + whole - head : 0, PACKET_PAYLOAD);
}

/** Whether the partial checksum is one inside the tunnel; PACKET_CSUM_START then counts from the inner header. */
function innerChecksumIsPartial(packet: usize, inner: u32): bool {
  const start: u32 = load<u16>(packet, PACKET_CSUM_START);
  if ((load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) == 0 || start < inner) return false;
  store<u16>(packet, <u16>(start - inner), PACKET_CSUM_START);
  return true;
}
