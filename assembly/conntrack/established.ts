/**
 * The packet that most packets are: a TCP segment over IPv4, in the window of a connection that both ends have established.
 *
 * What: the whole ct action in one piece, with the tuple in registers, where pass.ts asks one file after the other. Anything else, also
 *   what looks odd in the least, is refused before a byte is written but for PACKET_FLAG_CSUM_GOOD, and pass.ts takes it.
 * Invariant: packet, key and connection end up as pass.ts leaves them; the model test plays every packet both ways.
 * Not handled: UDP, IPv6, commits with mark or label, connections with helpers or in the kernel's hands, a second pass through the same zone.
 */
import { CONN_CHAIN, CONN_EXPIRES, CONN_FLAGS, CONN_FLAG_DNAT, CONN_FLAG_FTP, CONN_FLAG_OFFLOADED, CONN_FLAG_RELATED, CONN_FLAG_SNAT, CONN_FLAG_TFTP, CONN_KEY, CONN_LABEL, CONN_MARK, CONN_TUPLE, TUPLE_SIZE, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { CT_STATE_DNAT, CT_STATE_ESTABLISHED, CT_STATE_REPLY, CT_STATE_SNAT, CT_STATE_TRACKED, KEY_CT_LABEL, KEY_CT_MARK, KEY_CT_NW_SRC, KEY_CT_STATE, KEY_CT_TP_SRC, KEY_ETH_TYPE, KEY_EXTENT_CT4, KEY_NW_SRC, KEY_TP_SRC } from "../layout/key.ts";
import { PACKET_CONNECTION, PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_CSUM_GOOD, PACKET_FLAG_TORN, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L4, PACKET_TRACK_BUCKET } from "../layout/packet.ts";
import { CT_FLAG_FORCE, CT_FLAG_LABEL, CT_FLAG_MARK, CT_FLAG_NAT, OP_CT_FLAGS, OP_CT_ZONE } from "../layout/program.ts";
import { CONTROL_BASE } from "../memory.ts";
import { areNoted, noteConnection } from "../offload/path.ts";
import { foldSum, hasPartialChecksum, patchChecksum, sumDifference, verifyTransportChecksum } from "../packet/checksum.ts";
import { ETHER_TYPE_IPV4 } from "../packet/ethernet.ts";
import { IPV4_CHECKSUM, IPV4_SOURCE, verifyHeaderChecksum } from "../packet/ipv4.ts";
import { PROTOCOL_TCP } from "../packet/protocol.ts";
import { TCP_CHECKSUM } from "../packet/tcp.ts";
import { bucketOf, directionBit, recordOf } from "./table.ts";
import { followTcp } from "./tcp-established.ts";
import { hashEnds, packKey } from "./tuple.ts";

/** A key's bytes from KEY_ETH_TYPE on: type, no fragment, protocol. */
const TCP_IPV4: u32 = ETHER_TYPE_IPV4 | (PROTOCOL_TCP << 24);
const UNUSUAL_ACTION: u32 = CT_FLAG_FORCE | CT_FLAG_MARK | CT_FLAG_LABEL;
const UNUSUAL_CONNECTION: u32 = CONN_FLAG_RELATED | CONN_FLAG_FTP | CONN_FLAG_TFTP | CONN_FLAG_OFFLOADED;

/** Runs OP_CT on a packet of an established connection; false when it is none, or not seen to be one at the first look. */
export function passEstablished(packet: usize, instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  const flags = load<u32>(instruction, OP_CT_FLAGS);
  const l4: usize = load<u16>(packet, PACKET_L4);
  if (load<u32>(key, KEY_ETH_TYPE) != TCP_IPV4 || (flags & UNUSUAL_ACTION) != 0 || l4 == 0) return false;
  const zone: u32 = load<u16>(instruction, OP_CT_ZONE);
  const before = load<u32>(key, KEY_CT_STATE);
  if ((before & 0xffff) != 0 && <u32>bswap<u16>(<u16>(before >> 16)) == zone) return false;
  if (!isSound(packet)) return false;

  const addresses = load<u64>(key, KEY_NW_SRC);
  const ports = load<u32>(key, KEY_TP_SRC);
  const link = find(packet, addresses, ports, packKey(zone, PROTOCOL_TCP, 4));
  if (link == 0) return false;
  const connection = recordOf(link);
  const reply = directionBit(link);
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  const traits = load<u32>(connection, CONN_FLAGS);
  if ((traits & UNUSUAL_CONNECTION) != 0 || load<u64>(connection, CONN_EXPIRES) <= now) return false;
  const translated = (flags & CT_FLAG_NAT) != 0 && (traits & (CONN_FLAG_SNAT | CONN_FLAG_DNAT)) != 0;
  const data: usize = load<u32>(packet, PACKET_DATA);
  if (!followTcp(connection, packet, data + l4, reply, now)) return false;

  let state: u32 = CT_STATE_TRACKED | CT_STATE_ESTABLISHED | (reply != 0 ? CT_STATE_REPLY : 0);
  if (translated) {
    const source = (traits & CONN_FLAG_SNAT) != 0 ? reply == 0 : reply != 0;
    translateEnds(packet, key, connection + (reply ^ 1) * TUPLE_SIZE, source);
    state |= source ? CT_STATE_SNAT : CT_STATE_DNAT;
  }
  writeKey(packet, key, connection, state, zone);
  if (areNoted()) noteConnection(packet, connection, reply);
  return true;
}

/** Whether the packet is whole, and its checksums are right: those of later zones need not be added up again. */
@inline
function isSound(packet: usize): bool {
  const flags: u32 = load<u16>(packet, PACKET_FLAGS);
  if ((flags & (PACKET_FLAG_CSUM_GOOD | PACKET_FLAG_TORN)) == PACKET_FLAG_CSUM_GOOD) return true;
  if ((flags & PACKET_FLAG_TORN) != 0 || !verifyHeaderChecksum(packet) || !verifyTransportChecksum(packet)) return false;
  store<u16>(packet, <u16>(flags | PACKET_FLAG_CSUM_GOOD), PACKET_FLAGS);
  return true;
}

/** The connection | direction that has the tuple, 0 = none. */
@inline
function find(packet: usize, addresses: u64, ports: u32, wanted: u32): usize {
  const source = ports & 0xffff;
  const destination = ports >> 16;
  let bucket: usize = load<u32>(packet, PACKET_TRACK_BUCKET);
  if (bucket == 0) {
    bucket = bucketOf(hashEnds(<u32>addresses, source, <u32>(addresses >> 32), destination, wanted));
  }
  const ends = <u64>source | (<u64>destination << 32);
  let link: usize = load<u32>(bucket);
  while (link != 0) {
    const connection = recordOf(link);
    if (load<u32>(connection, CONN_KEY) == wanted) {
      if (hasTuple(connection, addresses, ends)) return connection;
      if (hasTuple(connection + TUPLE_SIZE, addresses, ends)) return connection | 1;
    }
    link = load<u32>(connection + (directionBit(link) << 2), CONN_CHAIN);
  }
  return 0;
}

@inline
function hasTuple(tuple: usize, addresses: u64, ends: u64): bool {
  return (
    load<u64>(tuple, CONN_TUPLE + TUPLE_SRC) == addresses && load<u64>(tuple, CONN_TUPLE + TUPLE_SRC_L4) == ends
  );
}

/** Gives a packet the ends that the other direction's tuple names, one address and both ports. Each checksum is patched once. */
@inline
function translateEnds(packet: usize, key: usize, other: usize, source: bool): void {
  const data: usize = load<u32>(packet, PACKET_DATA);
  const l3 = data + load<u16>(packet, PACKET_L3);
  const l4 = data + load<u16>(packet, PACKET_L4);
  const side: usize = source ? 0 : 4;
  const address = load<u32>(other + (side ^ 4), CONN_TUPLE + TUPLE_SRC);
  const ends = load<u64>(other, CONN_TUPLE + TUPLE_SRC_L4);
  const ports = <u32>(ends >> 32) | (<u32>ends << 16);
  const addressBefore = load<u32>(key + side, KEY_NW_SRC);
  const portsBefore = load<u32>(key, KEY_TP_SRC);
  const partial = hasPartialChecksum(packet);
  let difference: u64 = 0;
  if (address != addressBefore) {
    store<u32>(key + side, address, KEY_NW_SRC);
    store<u32>(l3 + side, address, IPV4_SOURCE);
    difference = sumDifference(addressBefore, address);
    patchChecksum(l3 + IPV4_CHECKSUM, difference);
    // Of a checksum that is left to the way out there is only the pseudo-header's sum, not complemented.
    if (partial) store<u16>(l4, <u16>foldSum(load<u16>(l4, TCP_CHECKSUM) + difference), TCP_CHECKSUM);
  }
  if (ports != portsBefore) {
    store<u32>(key, ports, KEY_TP_SRC);
    store<u32>(l4, ports);
    difference += sumDifference(portsBefore, ports);
  }
  if (difference != 0 && !partial) patchChecksum(l4 + TCP_CHECKSUM, difference);
}

@inline
function writeKey(packet: usize, key: usize, connection: usize, state: u32, zone: u32): void {
  if (load<u32>(packet, PACKET_KEY_EXTENT) < <u32>KEY_EXTENT_CT4) store<u32>(packet, KEY_EXTENT_CT4, PACKET_KEY_EXTENT);
  store<u32>(key, (<u32>bswap<u16>(<u16>zone) << 16) | bswap<u16>(<u16>state), KEY_CT_STATE);
  store<u32>(key, load<u32>(connection, CONN_MARK), KEY_CT_MARK);
  v128.store(key, v128.load(connection, CONN_LABEL), KEY_CT_LABEL);
  store<u64>(key, load<u64>(connection, CONN_TUPLE + TUPLE_SRC), KEY_CT_NW_SRC);
  const ends = load<u64>(connection, CONN_TUPLE + TUPLE_SRC_L4);
  const ports = <u32>ends | (<u32>(ends >> 32) << 16);
  store<u64>(key, <u64>ports | (<u64>PROTOCOL_TCP << 32), KEY_CT_TP_SRC); // and the protocol, behind them
  store<u32>(packet, <u32>connection, PACKET_CONNECTION);
  store<u32>(packet, 0, PACKET_TRACK_BUCKET); // it was for this action only
}
