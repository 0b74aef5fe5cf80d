/** Decodes action programs, for dumps of what is really installed and for tests. Throws on bytes that are no program. */
import {
  CT_FLAG_COMMIT,
  CT_FLAG_FORCE,
  CT_FLAG_LABEL,
  CT_FLAG_MARK,
  CT_FLAG_NAT,
  CT_HELPER_FTP,
  CT_HELPER_NONE,
  HASH_L4,
  NAT_FLAG_ADDRESS,
  NAT_FLAG_DST,
  NAT_FLAG_HASH,
  NAT_FLAG_IPV6,
  NAT_FLAG_PERSISTENT,
  NAT_FLAG_PORTS,
  NAT_FLAG_RANDOM,
  NAT_FLAG_SRC,
  OP_ADD_MPLS,
  OP_CHECK_PKT_LEN,
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_CT_FLAGS,
  OP_CT_HELPER,
  OP_CT_LABEL,
  OP_CT_LABEL_MASK,
  OP_CT_MARK,
  OP_CT_MARK_MASK,
  OP_CT_NAT_FLAGS,
  OP_CT_NAT_MAX,
  OP_CT_NAT_MIN,
  OP_CT_NAT_PORT_MAX,
  OP_CT_NAT_PORT_MIN,
  OP_CT_TIMEOUT_POLICY,
  OP_CT_ZONE,
  OP_DROP,
  OP_HASH,
  OP_HEADER_SIZE,
  OP_LENGTH,
  OP_METER,
  OP_OPCODE,
  OP_OUTPUT,
  OP_POP_ETHERNET,
  OP_POP_MPLS,
  OP_POP_VLAN,
  OP_PUSH_ETHERNET,
  OP_PUSH_MPLS,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_SAMPLE,
  OP_SELECT,
  OP_TRUNC,
  OP_TUNNEL_POP,
  OP_TUNNEL_PUSH,
  OP_USERSPACE,
} from "../../assembly/layout/program.ts";
import { UPCALL_ACTION } from "../../assembly/layout/upcall.ts";
import type { CtAction, DatapathAction, NatRange } from "./datapath-action.ts";
import { decodeSelect } from "./program-decode-select.ts";
import { SET_LAYOUTS, setTargetOf } from "./set-layout.ts";

export function decodeProgram(bytes: Uint8Array): DatapathAction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const actions: DatapathAction[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + OP_HEADER_SIZE <= bytes.length ? view.getUint32(at + OP_LENGTH, true) : 0;
    if (length < OP_HEADER_SIZE || at + length > bytes.length) {
      throw new RangeError(`instruction of ${length} bytes at ${at} of a program of ${bytes.length}`);
    }
    actions.push(decodeInstruction(bytes.subarray(at, at + length)));
    at += length;
  }
  return actions;
}

function decodeInstruction(bytes: Uint8Array): DatapathAction {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const opcode = view.getUint16(OP_OPCODE, true);
  const word = (at: number) => view.getUint32(at, true);
  switch (opcode) {
    case OP_OUTPUT:
      return { type: "output", port: word(8) };
    case OP_USERSPACE:
      return {
        type: "userspace",
        reason: word(8) === UPCALL_ACTION ? "action" : "slow_path",
        argument: word(12),
        cookie: view.getBigUint64(16, true),
      };
    case OP_PUSH_VLAN:
      return { type: "push_vlan", tpid: view.getUint16(8), tci: view.getUint16(10) };
    case OP_POP_VLAN:
      return { type: "pop_vlan" };
    case OP_PUSH_MPLS:
      return { type: "push_mpls", etherType: view.getUint16(8), lse: view.getUint32(12) };
    case OP_POP_MPLS:
      return { type: "pop_mpls", etherType: view.getUint16(8) };
    case OP_PUSH_ETHERNET:
      return { type: "push_eth", destination: bytes.slice(8, 14), source: bytes.slice(14, 20) };
    case OP_POP_ETHERNET:
      return { type: "pop_eth" };
    case OP_ADD_MPLS: {
      const covers = view.getUint16(10, true) === 1 ? "ethernet" : "network";
      return { type: "add_mpls", etherType: view.getUint16(8), lse: view.getUint32(12), covers };
    }
    case OP_CT:
      return decodeCt(bytes, view);
    case OP_CT_CLEAR:
      return { type: "ct_clear" };
    case OP_HASH:
      return { type: "hash", algorithm: word(8) === HASH_L4 ? "l4" : "sym_l4", basis: word(12) };
    case OP_RECIRC:
      return { type: "recirc", id: word(8) };
    case OP_SELECT:
      return decodeSelect(bytes);
    case OP_SAMPLE:
      return { type: "sample", probability: word(8), actions: decodeProgram(bytes.subarray(12)) };
    case OP_CLONE:
      return { type: "clone", actions: decodeProgram(bytes.subarray(8)) };
    case OP_TRUNC:
      return { type: "trunc", length: word(8) };
    case OP_CHECK_PKT_LEN: {
      const split = 16 + word(12);
      return {
        type: "check_pkt_len",
        length: word(8),
        greater: decodeProgram(bytes.subarray(16, split)),
        lessOrEqual: decodeProgram(bytes.subarray(split)),
      };
    }
    case OP_METER:
      return { type: "meter", index: word(8) };
    case OP_TUNNEL_PUSH:
      return { type: "tunnel_push", port: word(8), kind: word(16), header: bytes.slice(20, 20 + word(12)) };
    case OP_TUNNEL_POP:
      return { type: "tunnel_pop", port: word(8), kind: word(12) };
    case OP_DROP:
      return { type: "drop", reason: word(8) };
    default:
      return decodeSet(bytes, opcode);
  }
}

function decodeSet(bytes: Uint8Array, opcode: number): DatapathAction {
  const target = setTargetOf(opcode);
  if (target === undefined) throw new RangeError(`no instruction has the opcode ${opcode}`);
  const size = SET_LAYOUTS[target].bytes;
  const mask = OP_HEADER_SIZE + size;
  return { type: "set", target, value: bytes.slice(OP_HEADER_SIZE, mask), mask: bytes.slice(mask, mask + size) };
}

function decodeCt(bytes: Uint8Array, view: DataView): CtAction {
  const flags = view.getUint32(OP_CT_FLAGS, true);
  const helper = view.getUint32(OP_CT_HELPER, true);
  const timeoutPolicy = view.getUint16(OP_CT_TIMEOUT_POLICY, true);
  const masked = (value: number, mask: number, size: number) => ({
    value: bytes.slice(value, value + size),
    mask: bytes.slice(mask, mask + size),
  });
  return {
    type: "ct",
    zone: view.getUint16(OP_CT_ZONE, true),
    ...(flags & CT_FLAG_COMMIT && { commit: true }),
    ...(flags & CT_FLAG_FORCE && { force: true }),
    ...(flags & CT_FLAG_MARK && { mark: masked(OP_CT_MARK, OP_CT_MARK_MASK, 4) }),
    ...(flags & CT_FLAG_LABEL && { label: masked(OP_CT_LABEL, OP_CT_LABEL_MASK, 16) }),
    ...(flags & CT_FLAG_NAT && { nat: decodeNat(bytes, view) }),
    ...(helper !== CT_HELPER_NONE && { helper: helper === CT_HELPER_FTP ? ("ftp" as const) : ("tftp" as const) }),
    ...(timeoutPolicy !== 0 && { timeoutPolicy }),
  };
}

function decodeNat(bytes: Uint8Array, view: DataView): NatRange {
  const flags = view.getUint32(OP_CT_NAT_FLAGS, true);
  const size = flags & NAT_FLAG_IPV6 ? 16 : 4;
  return {
    ...(flags & NAT_FLAG_SRC && { type: "src" as const }),
    ...(flags & NAT_FLAG_DST && { type: "dst" as const }),
    ...(flags & NAT_FLAG_ADDRESS && {
      addressMin: bytes.slice(OP_CT_NAT_MIN, OP_CT_NAT_MIN + size),
      addressMax: bytes.slice(OP_CT_NAT_MAX, OP_CT_NAT_MAX + size),
    }),
    ...(flags & NAT_FLAG_PORTS && {
      portMin: view.getUint16(OP_CT_NAT_PORT_MIN, true),
      portMax: view.getUint16(OP_CT_NAT_PORT_MAX, true),
    }),
    ...(flags & NAT_FLAG_PERSISTENT && { persistent: true }),
    ...(flags & NAT_FLAG_HASH && { hash: true }),
    ...(flags & NAT_FLAG_RANDOM && { random: true }),
  };
}
