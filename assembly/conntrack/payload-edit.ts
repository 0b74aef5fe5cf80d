/**
 * Replacing text in a TCP payload by text of another length.
 *
 * The frame grows or shrinks at its front, into the headroom: the bytes behind the text stay where they are, whoever
 * else refers to them. IP length, checksums and the connection's sequence skew follow.
 */
import { CONN_KEY } from "../layout/conntrack.ts";
import { CLONE_HEAD_SIZE, PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_REASSEMBLED, PACKET_GSO_TYPE, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_L3, PACKET_L3_LENGTH, PACKET_LENGTH, VNET_GSO_NONE } from "../layout/packet.ts";
import { computeTransportChecksum, finishIpv4Checksum } from "../packet/checksum.ts";
import { addSkew } from "./sequence-skew.ts";
import { isIpv6 } from "./tuple.ts";

const MAX_IP_LENGTH: i32 = 65535;

/** Puts `length` bytes at `text` in the place of `oldLength` bytes at `place`, if there is room. */
export function replaceText(
  packet: usize,
  connection: usize,
  reply: usize,
  place: usize,
  oldLength: u32,
  text: usize,
  length: u32,
): void {
  const data = <usize>load<u32>(packet, PACKET_DATA);
  const before = <u32>(place - data);
  const growth = <i32>(length - oldLength);
  const headroom = <i32>load<u32>(packet, PACKET_HEADROOM);
  const ipLength = <i32>load<u32>(packet, PACKET_L3_LENGTH) + growth;
  if (before + oldLength > min<u32>(load<u32>(packet, PACKET_HEAD_LENGTH), CLONE_HEAD_SIZE)) return;
  if (growth > headroom || ipLength > MAX_IP_LENGTH) return;
  if (load<u8>(packet, PACKET_GSO_TYPE) != VNET_GSO_NONE) return;
  if (load<u16>(packet, PACKET_FLAGS) & PACKET_FLAG_REASSEMBLED) return;

  const start = <usize>(<i32>data - growth);
  memory.copy(start, data, before);
  memory.copy(start + before, text, length);
  store<u32>(packet, <u32>start, PACKET_DATA);
  store<u32>(packet, <u32>(headroom - growth), PACKET_HEADROOM);
  store<u32>(packet, load<u32>(packet, PACKET_LENGTH) + <u32>growth, PACKET_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_HEAD_LENGTH) + <u32>growth, PACKET_HEAD_LENGTH);
  store<u32>(packet, <u32>ipLength, PACKET_L3_LENGTH);

  const ip = start + load<u16>(packet, PACKET_L3);
  if (isIpv6(load<u32>(connection, CONN_KEY))) {
    store<u16>(ip, bswap<u16>(<u16>(ipLength - 40)), 4);
  } else {
    store<u16>(ip, bswap<u16>(<u16>ipLength), 2);
    finishIpv4Checksum(ip);
  }
  computeTransportChecksum(packet);
  if (growth != 0) addSkew(connection, reply, growth);
}
