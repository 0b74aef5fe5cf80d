/** What a ct action leaves in the flow key for the next tables: ct_state, zone, mark, label, original tuple. */
import { CONN_FLAGS, CONN_FLAG_RELATED, CONN_KEY, CONN_LABEL, CONN_MARK, CONN_PARENT, CONN_TUPLE, CONN_TUPLE6, LOOKUP_KEY, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE6_SIZE, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { EXPECTATION_LABEL, EXPECTATION_MARK, EXPECTATION_PARENT_KEY, EXPECTATION_PARENT_TUPLE, EXPECTATION_PARENT_TUPLE6 } from "../layout/expectation.ts";
import { CT_STATE_TRACKED, KEY_CT_IPV6_SRC, KEY_CT_LABEL, KEY_CT_MARK, KEY_CT_NW_PROTO, KEY_CT_NW_SRC, KEY_CT_STATE, KEY_CT_TP_SRC, KEY_CT_ZONE, KEY_EXTENT_CT4, KEY_EXTENT_CT6 } from "../layout/key.ts";
import { PACKET_CONNECTION, PACKET_KEY, PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { CT_FLAG_LABEL, CT_FLAG_MARK, OP_CT_FLAGS, OP_CT_LABEL, OP_CT_LABEL_MASK, OP_CT_MARK, OP_CT_MARK_MASK } from "../layout/program.ts";
import { withdrawConnection } from "../offload/withdraw.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from "../packet/protocol.ts";
import { beginChange, endChange } from "./table.ts";
import { isIpv6, protocolOf } from "./tuple.ts";

@inline
function raiseExtent(packet: usize, extent: u32): void {
  if (load<u32>(packet, PACKET_KEY_EXTENT) < extent) store<u32>(packet, extent, PACKET_KEY_EXTENT);
}

@inline
function clearTuple(packet: usize, key: usize): void {
  const extent = load<u32>(packet, PACKET_KEY_EXTENT);
  if (extent >= <u32>KEY_EXTENT_CT4) memory.fill(key + KEY_CT_NW_SRC, 0, KEY_EXTENT_CT4 - KEY_CT_NW_SRC);
  if (extent >= <u32>KEY_EXTENT_CT6) memory.fill(key + KEY_CT_IPV6_SRC, 0, TUPLE6_SIZE);
}

@inline
function clearMarkAndLabel(packet: usize, key: usize): void {
  store<u32>(key, 0, KEY_CT_MARK);
  if (load<u32>(packet, PACKET_KEY_EXTENT) >= <u32>KEY_EXTENT_CT4) v128.store(key, i64x2.splat(0), KEY_CT_LABEL);
}

/** The original tuple: addresses and ports, or type and code for ICMP. */
@inline
function writeTuple(packet: usize, key: usize, tupleKey: u32, tuple: usize, tuple6: usize): void {
  const protocol = protocolOf(tupleKey);
  if (isIpv6(tupleKey)) {
    raiseExtent(packet, KEY_EXTENT_CT6);
    store<u64>(key, 0, KEY_CT_NW_SRC);
    memory.copy(key + KEY_CT_IPV6_SRC, tuple6, TUPLE6_SIZE);
  } else {
    raiseExtent(packet, KEY_EXTENT_CT4);
    store<u64>(key, load<u64>(tuple), KEY_CT_NW_SRC);
  }
  let ends = <u32>load<u16>(tuple, TUPLE_SRC_L4) | (<u32>load<u16>(tuple, TUPLE_SRC_L4 + 4) << 16);
  if (protocol == (isIpv6(tupleKey) ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP)) {
    // Type and code as 16-bit numbers in network order.
    ends = (<u32>load<u8>(tuple, TUPLE_SRC_L4 + 2) << 8) | (<u32>load<u8>(tuple, TUPLE_SRC_L4 + 3) << 24);
  }
  store<u32>(key, ends, KEY_CT_TP_SRC);
  store<u32>(key, protocol, KEY_CT_NW_PROTO);
}

@inline
function writeState(key: usize, state: u32, zone: u32): void {
  store<u16>(key, bswap<u16>(<u16>(state | CT_STATE_TRACKED)), KEY_CT_STATE);
  store<u16>(key, bswap<u16>(<u16>zone), KEY_CT_ZONE);
}

@inline
export function markAndLabelFrom(packet: usize, connection: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  store<u32>(key, load<u32>(connection, CONN_MARK), KEY_CT_MARK);
  raiseExtent(packet, KEY_EXTENT_CT4);
  v128.store(key, v128.load(connection, CONN_LABEL), KEY_CT_LABEL);
}

@inline
function writeParent(packet: usize, key: usize, expectation: usize): void {
  writeTuple(
    packet,
    key,
    load<u32>(expectation, EXPECTATION_PARENT_KEY),
    expectation + EXPECTATION_PARENT_TUPLE,
    expectation + EXPECTATION_PARENT_TUPLE6,
  );
}

/** The packet belongs to `connection`. */
export function writeTracked(packet: usize, state: u32, zone: u32, connection: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  writeState(key, state, zone);
  markAndLabelFrom(packet, connection);
  if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_RELATED) {
    writeParent(packet, key, load<u32>(connection, CONN_PARENT));
  } else {
    writeTuple(packet, key, load<u32>(connection, CONN_KEY), connection + CONN_TUPLE, connection + CONN_TUPLE6);
  }
}

/** The packet has a tuple but no connection; `expectation` (0 = none) foresaw it. */
export function writeUntracked(packet: usize, state: u32, zone: u32, lookup: usize, expectation: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  writeState(key, state, zone);
  clearMarkAndLabel(packet, key);
  if (expectation == 0) {
    writeTuple(packet, key, load<u32>(lookup, LOOKUP_KEY), lookup + LOOKUP_TUPLE, lookup + LOOKUP_TUPLE6);
    return;
  }
  writeParent(packet, key, expectation);
  store<u32>(key, load<u32>(expectation, EXPECTATION_MARK), KEY_CT_MARK);
  v128.store(key, v128.load(expectation, EXPECTATION_LABEL), KEY_CT_LABEL);
}

/** The packet has not even a tuple. */
export function writeInvalid(packet: usize, state: u32, zone: u32): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  writeState(key, state, zone);
  clearMarkAndLabel(packet, key);
  clearTuple(packet, key);
  store<u32>(packet, 0, PACKET_CONNECTION);
}

/** ct_clear: the packet was never tracked. */
export function clearTracking(packet: usize): void {
  const key = <usize>load<u32>(packet, PACKET_KEY);
  store<u32>(key, 0, KEY_CT_STATE); // and the zone, beside it
  clearMarkAndLabel(packet, key);
  clearTuple(packet, key);
  store<u32>(packet, 0, PACKET_CONNECTION);
}

/**
 * The masked writes of ct(commit, exec(…)), to connection and packet. An expected connection keeps its parent's. What the tables made of
 * other values is nothing for the kernel to go on with.
 */
export function applyMarkAndLabel(packet: usize, connection: usize, instruction: usize): void {
  const flags = load<u32>(instruction, OP_CT_FLAGS);
  if (!(flags & (CT_FLAG_MARK | CT_FLAG_LABEL)) || load<u32>(connection, CONN_FLAGS) & CONN_FLAG_RELATED) return;
  if (flags & CT_FLAG_MARK) {
    const mask = load<u32>(instruction, OP_CT_MARK_MASK);
    const mark = (load<u32>(instruction, OP_CT_MARK) & mask) | (load<u32>(connection, CONN_MARK) & ~mask);
    if (mark != load<u32>(connection, CONN_MARK)) {
      withdrawConnection(connection);
      beginChange(connection);
      store<u32>(connection, mark, CONN_MARK);
      endChange(connection);
    }
  }
  if (flags & CT_FLAG_LABEL) {
    const mask = v128.load(instruction, OP_CT_LABEL_MASK);
    const value = v128.load(instruction, OP_CT_LABEL);
    const label = v128.bitselect(value, v128.load(connection, CONN_LABEL), mask);
    if (v128.any_true(v128.xor(label, v128.load(connection, CONN_LABEL)))) {
      withdrawConnection(connection);
      beginChange(connection);
      v128.store(connection, label, CONN_LABEL);
      endChange(connection);
    }
  }
  markAndLabelFrom(packet, connection);
}
