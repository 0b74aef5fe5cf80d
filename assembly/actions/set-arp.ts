/** OP_SET_ARP: addresses and operation. False: no ARP for IPv4 over Ethernet. */
import { KEY_ARP_SHA, KEY_ETH_TYPE, KEY_NW_DST, KEY_NW_PROTO, KEY_NW_SRC } from "../layout/key.ts";
import { PACKET_FLAGS, PACKET_FLAG_TORN, PACKET_KEY } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import {
  ARP_OPERATION,
  ARP_SENDER_HARDWARE,
  ARP_SENDER_PROTOCOL,
  ARP_TARGET_HARDWARE,
  ARP_TARGET_PROTOCOL,
  isEthernetArp,
} from "../packet/arp.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_RARP } from "../packet/ethernet.ts";
import { l3Header } from "../packet/rewrite.ts";
import { masked16, masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // spa(4) tpa(4) sha(6) tha(6) op(2) pad(2)
const MASK: usize = VALUE + 24;
const SENDER_PROTOCOL: usize = 0;
const TARGET_PROTOCOL: usize = 4;
const SENDER_HARDWARE: usize = 8;
const TARGET_HARDWARE: usize = 14;
const OPERATION: usize = 20;

export function setArp(packet: usize, instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  const type: u32 = load<u16>(key, KEY_ETH_TYPE);
  if (type != ETHER_TYPE_ARP && type != ETHER_TYPE_RARP) return false;
  if ((load<u16>(packet, PACKET_FLAGS) & PACKET_FLAG_TORN) != 0) return false;
  const header = l3Header(packet);
  if (!isEthernetArp(header)) return false;

  set32(header + ARP_SENDER_PROTOCOL, instruction + SENDER_PROTOCOL, key + KEY_NW_SRC);
  set32(header + ARP_TARGET_PROTOCOL, instruction + TARGET_PROTOCOL, key + KEY_NW_DST);
  set32(header + ARP_SENDER_HARDWARE, instruction + SENDER_HARDWARE, key + KEY_ARP_SHA);
  set16(header + ARP_SENDER_HARDWARE + 4, instruction + SENDER_HARDWARE + 4, key + KEY_ARP_SHA + 4);
  set32(header + ARP_TARGET_HARDWARE, instruction + TARGET_HARDWARE, key + KEY_ARP_SHA + 6);
  set16(header + ARP_TARGET_HARDWARE + 4, instruction + TARGET_HARDWARE + 4, key + KEY_ARP_SHA + 10);
  const operation = masked16(
    load<u16>(header, ARP_OPERATION),
    load<u16>(instruction, VALUE + OPERATION),
    load<u16>(instruction, MASK + OPERATION),
  );
  store<u16>(header, operation, ARP_OPERATION);
  store<u8>(key, (operation & 0xff) == 0 ? <u8>(operation >> 8) : 0, KEY_NW_PROTO);
  return true;
}

@inline
function set32(field: usize, argument: usize, keyField: usize): void {
  const value = masked32(load<u32>(field), load<u32>(argument, VALUE), load<u32>(argument, MASK));
  store<u32>(field, value);
  store<u32>(keyField, value);
}

@inline
function set16(field: usize, argument: usize, keyField: usize): void {
  const value = masked16(load<u16>(field), load<u16>(argument, VALUE), load<u16>(argument, MASK));
  store<u16>(field, value);
  store<u16>(keyField, value);
}
