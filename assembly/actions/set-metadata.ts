/** OP_SET_METADATA: skb_priority and pkt_mark, in the key only. Always true. */
import { KEY_EXTENT_MPLS, KEY_PKT_MARK, KEY_SKB_PRIORITY } from "../layout/key.ts";
import { PACKET_KEY, PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // skb_priority(4) pkt_mark(4)
const MASK: usize = VALUE + 8;

export function setMetadata(packet: usize, instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  const mark = masked32(
    load<u32>(key, KEY_PKT_MARK),
    load<u32>(instruction, VALUE + 4),
    load<u32>(instruction, MASK + 4),
  );
  store<u32>(key, mark, KEY_PKT_MARK);
  const mask = load<u32>(instruction, MASK);
  if (mask != 0) {
    store<u32>(key, masked32(load<u32>(key, KEY_SKB_PRIORITY), load<u32>(instruction, VALUE), mask), KEY_SKB_PRIORITY);
    store<u32>(packet, max<u32>(load<u32>(packet, PACKET_KEY_EXTENT), KEY_EXTENT_MPLS), PACKET_KEY_EXTENT);
  }
  return true;
}
