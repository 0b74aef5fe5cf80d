/** Opcode and value size of each set action: the value, then a mask of the same size. */
import { KEY_SIZE, KEY_TUN_ID } from "../../assembly/layout/key.ts";
import {
  OP_SET_ARP,
  OP_SET_ETHERNET,
  OP_SET_ICMP,
  OP_SET_IPV4,
  OP_SET_IPV6,
  OP_SET_METADATA,
  OP_SET_MPLS,
  OP_SET_ND,
  OP_SET_TRANSPORT,
  OP_SET_TUNNEL,
  OP_SET_VLAN,
} from "../../assembly/layout/program.ts";
import type { SetTarget } from "./datapath-action.ts";

export interface SetLayout {
  readonly opcode: number;
  /** Bytes of value and of mask. */
  readonly bytes: number;
}

export const SET_LAYOUTS: Readonly<Record<SetTarget, SetLayout>> = {
  ethernet: { opcode: OP_SET_ETHERNET, bytes: 12 },
  ipv4: { opcode: OP_SET_IPV4, bytes: 12 },
  ipv6: { opcode: OP_SET_IPV6, bytes: 40 },
  transport: { opcode: OP_SET_TRANSPORT, bytes: 4 },
  icmp: { opcode: OP_SET_ICMP, bytes: 4 },
  arp: { opcode: OP_SET_ARP, bytes: 24 },
  nd: { opcode: OP_SET_ND, bytes: 36 },
  vlan: { opcode: OP_SET_VLAN, bytes: 4 },
  metadata: { opcode: OP_SET_METADATA, bytes: 8 },
  tunnel: { opcode: OP_SET_TUNNEL, bytes: KEY_SIZE - KEY_TUN_ID },
  mpls: { opcode: OP_SET_MPLS, bytes: 4 },
};

const TARGETS = new Map(Object.entries(SET_LAYOUTS).map(([target, { opcode }]) => [opcode, target as SetTarget]));

/** The target that an opcode sets, `undefined` for opcodes that set nothing. */
export function setTargetOf(opcode: number): SetTarget | undefined {
  return TARGETS.get(opcode);
}
