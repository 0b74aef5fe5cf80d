/** The shortest form of each instruction: what must be there before its arguments are read. */
import { OP_ADD_MPLS, OP_CHECK_PKT_LEN, OP_CLONE, OP_CT, OP_CT_CLEAR, OP_CT_SIZE, OP_DROP, OP_HASH, OP_HEADER_SIZE, OP_METER, OP_OUTPUT, OP_POP_ETHERNET, OP_POP_MPLS, OP_POP_VLAN, OP_PUSH_ETHERNET, OP_PUSH_MPLS, OP_PUSH_VLAN, OP_RECIRC, OP_SAMPLE, OP_SELECT, OP_SELECT_TABLES, OP_SET_ARP, OP_SET_ETHERNET, OP_SET_ICMP, OP_SET_IPV4, OP_SET_IPV6, OP_SET_METADATA, OP_SET_MPLS, OP_SET_ND, OP_SET_TRANSPORT, OP_SET_TUNNEL, OP_SET_VLAN, OP_TRUNC, OP_TUNNEL_POP, OP_TUNNEL_PUSH, OP_USERSPACE } from "../layout/program.ts";

const REFUSED: u32 = u32.MAX_VALUE;

/** Bytes that an instruction has at least; more than any length for an opcode nobody knows. */
export function shortest(opcode: u32): u32 {
  switch (opcode) {
    case OP_OUTPUT:
    case OP_RECIRC:
    case OP_TRUNC:
    case OP_METER:
    case OP_DROP:
      return 12;
    case OP_CLONE:
    case OP_CT_CLEAR:
    case OP_POP_VLAN:
    case OP_POP_ETHERNET:
      return OP_HEADER_SIZE;
    case OP_PUSH_VLAN:
    case OP_POP_MPLS:
    case OP_SAMPLE:
      return 12;
    case OP_HASH:
    case OP_TUNNEL_POP:
    case OP_PUSH_MPLS:
    case OP_ADD_MPLS:
    case OP_SET_MPLS:
    case OP_SET_TRANSPORT:
    case OP_SET_ICMP:
    case OP_SET_VLAN:
    case OP_CHECK_PKT_LEN:
      return 16;
    case OP_TUNNEL_PUSH:
    case OP_PUSH_ETHERNET:
      return 20;
    case OP_USERSPACE:
    case OP_SET_METADATA:
      return 24;
    case OP_SET_ETHERNET:
    case OP_SET_IPV4:
      return 32;
    case OP_SELECT:
      return OP_SELECT_TABLES;
    case OP_SET_ARP:
      return 56;
    case OP_SET_ND:
      return 80;
    case OP_SET_IPV6:
      return 88;
    case OP_CT:
      return OP_CT_SIZE;
    case OP_SET_TUNNEL:
      return 408;
    default:
      return REFUSED;
  }
}
