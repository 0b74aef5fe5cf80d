/**
 * The RSS hashes of four packets as received.
 *
 * What: TCP and UDP over IPv4, all four of one protocol, in the four lanes of a register: the hash is one long chain of
 *   dependent steps, and so four of them take the time of one. Others one by one.
 */
import { hash5Tuple } from "../flow/hash.ts";
import { fourOf, hashAdd4, hashAddMixed4, hashFinish4, hashMix4 } from "../flow/hash-lanes.ts";
import { hashMix } from "../flow/hash.ts";
import { KEY_ETH_TYPE, KEY_NW_SRC } from "../layout/key.ts";
import { PACKET_DEPTH, PACKET_KEY, PACKET_RSS_HASH } from "../layout/packet.ts";
import { ETHER_TYPE_IPV4 } from "./ethernet.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol.ts";

/** Key words at KEY_ETH_TYPE: type, no fragment, protocol. */
const TCP_IPV4: u32 = ETHER_TYPE_IPV4 | (PROTOCOL_TCP << 24);
const UDP_IPV4: u32 = ETHER_TYPE_IPV4 | (PROTOCOL_UDP << 24);

/** Fills in the RSS hashes of those of four packets that have just come in, and are not edited yet; those of all four. */
@inline
export function receivedHashes(a: usize, b: usize, c: usize, d: usize): v128 {
  const keyA: usize = load<u32>(a, PACKET_KEY);
  const keyB: usize = load<u32>(b, PACKET_KEY);
  const keyC: usize = load<u32>(c, PACKET_KEY);
  const keyD: usize = load<u32>(d, PACKET_KEY);
  const type = load<u32>(keyA, KEY_ETH_TYPE);
  const others =
    (load<u32>(keyB, KEY_ETH_TYPE) ^ type) | (load<u32>(keyC, KEY_ETH_TYPE) ^ type) | (load<u32>(keyD, KEY_ETH_TYPE) ^ type);
  const depths =
    load<u32>(a, PACKET_DEPTH) | load<u32>(b, PACKET_DEPTH) | load<u32>(c, PACKET_DEPTH) | load<u32>(d, PACKET_DEPTH);
  if ((others | depths) != 0 || (type != TCP_IPV4 && type != UDP_IPV4)) return hashEach(a, b, c, d);
  // Source, destination, what does not count, ports: four rows, wanted by columns.
  const rowA = v128.load(keyA, KEY_NW_SRC);
  const rowB = v128.load(keyB, KEY_NW_SRC);
  const rowC = v128.load(keyC, KEY_NW_SRC);
  const rowD = v128.load(keyD, KEY_NW_SRC);
  const lowAB = v128.shuffle<u32>(rowA, rowB, 0, 4, 1, 5);
  const lowCD = v128.shuffle<u32>(rowC, rowD, 0, 4, 1, 5);
  const highAB = v128.shuffle<u32>(rowA, rowB, 2, 6, 3, 7);
  const highCD = v128.shuffle<u32>(rowC, rowD, 2, 6, 3, 7);
  let hashes = hashMix4(v128.shuffle<u64>(lowAB, lowCD, 0, 2));
  hashes = hashAdd4(hashAddMixed4(i32x4.splat(0), hashes), v128.shuffle<u64>(lowAB, lowCD, 1, 3));
  hashes = hashAddMixed4(hashes, i32x4.splat(hashMix(type >> 24)));
  hashes = hashAdd4(hashes, v128.shuffle<u64>(highAB, highCD, 1, 3));
  hashes = hashFinish4(hashes, 42);
  v128.store_lane<u32>(a, hashes, 0, PACKET_RSS_HASH);
  v128.store_lane<u32>(b, hashes, 1, PACKET_RSS_HASH);
  v128.store_lane<u32>(c, hashes, 2, PACKET_RSS_HASH);
  v128.store_lane<u32>(d, hashes, 3, PACKET_RSS_HASH);
  return hashes;
}

function hashEach(a: usize, b: usize, c: usize, d: usize): v128 {
  hashOne(a);
  hashOne(b);
  hashOne(c);
  hashOne(d);
  return fourOf(
    load<u32>(a, PACKET_RSS_HASH),
    load<u32>(b, PACKET_RSS_HASH),
    load<u32>(c, PACKET_RSS_HASH),
    load<u32>(d, PACKET_RSS_HASH),
  );
}

export function hashFour(a: usize, b: usize, c: usize, d: usize): void {
  receivedHashes(a, b, c, d);
}

/** The same of one packet. */
export function hashOne(packet: usize): void {
  if (load<u32>(packet, PACKET_DEPTH) != 0) return;
  store<u32>(packet, hash5Tuple(load<u32>(packet, PACKET_KEY), 0), PACKET_RSS_HASH);
}
