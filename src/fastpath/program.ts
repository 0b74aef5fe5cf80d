/**
 * Encodes datapath actions as the byte program that assembly/actions/execute.ts interprets; program-decode.ts is its inverse.
 *
 * Layout: OP_* of assembly/layout/program.ts. Nested programs are the last arguments of their instruction.
 */
import {
  CT_FLAG_COMMIT,
  CT_FLAG_FORCE,
  CT_FLAG_LABEL,
  CT_FLAG_MARK,
  CT_FLAG_NAT,
  CT_HELPER_FTP,
  CT_HELPER_NONE,
  CT_HELPER_TFTP,
  HASH_L4,
  HASH_SYM_L4,
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
  OP_DROP,
  OP_HASH,
  OP_LENGTH,
  OP_METER,
  OP_OUTPUT,
  OP_POP_ETHERNET,
  OP_POP_MPLS,
  OP_POP_VLAN,
  OP_PUSH_ETHERNET,
  OP_PUSH_MPLS,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_SAMPLE,
  OP_TRUNC,
  OP_TUNNEL_POP,
  OP_TUNNEL_PUSH,
  OP_USERSPACE,
  TUNNEL_GENEVE,
} from "../../assembly/layout/program.ts";
import { UPCALL_ACTION, UPCALL_SLOW_PATH } from "../../assembly/layout/upcall.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { CtAction, DatapathAction, NatRange } from "./datapath-action.ts";
import { encodeSelect } from "./program-select.ts";
import { SET_LAYOUTS } from "./set-layout.ts";

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

const shared = new ByteWriter();
/** Whose program `shared` holds. */
let encoded: readonly DatapathAction[] | undefined;

/** The program for `actions`; empty for none, which drops. */
export function encodeProgram(actions: readonly DatapathAction[]): Uint8Array {
  return sharedProgram(actions).copy();
}

/**
 * As `encodeProgram`, in a buffer that is valid until the next call. The list given last is not encoded again: a flow is put with it
 * and the packet that missed sent on with it. So a list must not change once it was given here.
 */
export function sharedProgram(actions: readonly DatapathAction[]): ByteWriter {
  if (actions === encoded) return shared;
  encoded = undefined;
  shared.clear();
  encodeActions(shared, actions);
  encoded = actions;
  return shared;
}

export function encodeActions(writer: ByteWriter, actions: readonly DatapathAction[]): void {
  for (const action of actions) encodeAction(writer, action);
}

/** Writes one instruction: header, arguments, padding, and the length back into the header. */
export function instruction(writer: ByteWriter, opcode: number, encodeArguments: () => void): void {
  const start = writer.length;
  writer.u32(opcode);
  writer.u32(0);
  encodeArguments();
  writer.align(4, start);
  writer.patch32(start + OP_LENGTH, writer.length - start);
}

function encodeAction(writer: ByteWriter, action: DatapathAction): void {
  const put = (opcode: number, encodeArguments: () => void) => instruction(writer, opcode, encodeArguments);
  const word = (opcode: number, argument: number) => put(opcode, () => writer.u32(argument));
  switch (action.type) {
    case "output":
      word(OP_OUTPUT, action.port);
      break;
    case "userspace":
      put(OP_USERSPACE, () => {
        writer.u32(action.reason === "action" ? UPCALL_ACTION : UPCALL_SLOW_PATH);
        writer.u32(action.argument);
        writer.u64(action.cookie);
      });
      break;
    case "set": {
      const { opcode, bytes } = SET_LAYOUTS[action.target];
      if (action.value.length !== bytes || action.mask.length !== bytes) {
        throw new RangeError(`set ${action.target} takes ${bytes} bytes of value and of mask`);
      }
      put(opcode, () => {
        writer.bytes(action.value);
        writer.bytes(action.mask);
      });
      break;
    }
    case "push_vlan":
      put(OP_PUSH_VLAN, () => {
        writer.be16(action.tpid);
        writer.be16(action.tci);
      });
      break;
    case "pop_vlan":
      put(OP_POP_VLAN, () => {});
      break;
    case "push_mpls":
      put(OP_PUSH_MPLS, () => {
        writer.be16(action.etherType);
        writer.u16(0);
        writer.be32(action.lse);
      });
      break;
    case "pop_mpls":
      put(OP_POP_MPLS, () => writer.be16(action.etherType));
      break;
    case "push_eth":
      put(OP_PUSH_ETHERNET, () => {
        writer.bytes(action.destination);
        writer.bytes(action.source);
      });
      break;
    case "pop_eth":
      put(OP_POP_ETHERNET, () => {});
      break;
    case "add_mpls":
      put(OP_ADD_MPLS, () => {
        writer.be16(action.etherType);
        writer.u16(action.covers === "ethernet" ? 1 : 0);
        writer.be32(action.lse);
      });
      break;
    case "ct":
      put(OP_CT, () => encodeCt(writer, action));
      break;
    case "ct_clear":
      put(OP_CT_CLEAR, () => {});
      break;
    case "hash":
      put(OP_HASH, () => {
        writer.u32(action.algorithm === "l4" ? HASH_L4 : HASH_SYM_L4);
        writer.u32(action.basis);
      });
      break;
    case "recirc":
      word(OP_RECIRC, action.id);
      break;
    case "select":
      encodeSelect(writer, action);
      break;
    case "sample":
      put(OP_SAMPLE, () => {
        writer.u32(action.probability);
        encodeActions(writer, action.actions);
      });
      break;
    case "clone":
      put(OP_CLONE, () => encodeActions(writer, action.actions));
      break;
    case "trunc":
      word(OP_TRUNC, action.length);
      break;
    case "check_pkt_len":
      put(OP_CHECK_PKT_LEN, () => {
        writer.u32(action.length);
        const at = writer.length;
        writer.u32(0);
        encodeActions(writer, action.greater);
        writer.patch32(at, writer.length - at - 4);
        encodeActions(writer, action.lessOrEqual);
      });
      break;
    case "meter":
      word(OP_METER, action.index);
      break;
    case "tunnel_push":
      put(OP_TUNNEL_PUSH, () => {
        writer.u32(action.port);
        writer.u32(action.header.length);
        writer.u32(action.kind);
        writer.bytes(action.header);
      });
      break;
    case "tunnel_pop":
      put(OP_TUNNEL_POP, () => {
        writer.u32(action.port);
        writer.u32(action.kind ?? TUNNEL_GENEVE);
      });
      break;
    case "drop":
      word(OP_DROP, action.reason);
      break;
  }
}

/** Arguments of OP_CT, in the order of OP_CT_*. */
function encodeCt(writer: ByteWriter, action: CtAction): void {
  const { nat } = action;
  writer.u32(
    (action.commit ? CT_FLAG_COMMIT : 0) |
      (action.force ? CT_FLAG_FORCE : 0) |
      (nat ? CT_FLAG_NAT : 0) |
      (action.mark ? CT_FLAG_MARK : 0) |
      (action.label ? CT_FLAG_LABEL : 0),
  );
  writer.u16(action.zone);
  writer.u16(action.timeoutPolicy ?? 0);
  putBytes(writer, action.mark?.value, 4);
  putBytes(writer, action.mark?.mask, 4);
  putBytes(writer, action.label?.value, 16);
  putBytes(writer, action.label?.mask, 16);
  writer.u32(nat ? natFlags(nat) : 0);
  writer.u16(nat?.portMin ?? 0);
  writer.u16(nat?.portMax ?? nat?.portMin ?? 0);
  putBytes(writer, nat?.addressMin, 16);
  putBytes(writer, nat?.addressMax ?? nat?.addressMin, 16);
  writer.u32(action.helper === "ftp" ? CT_HELPER_FTP : action.helper === "tftp" ? CT_HELPER_TFTP : CT_HELPER_NONE);
}

function natFlags(nat: NatRange): number {
  return (
    (nat.type === "src" ? NAT_FLAG_SRC : 0) |
    (nat.type === "dst" ? NAT_FLAG_DST : 0) |
    (nat.persistent ? NAT_FLAG_PERSISTENT : 0) |
    (nat.hash ? NAT_FLAG_HASH : 0) |
    (nat.random ? NAT_FLAG_RANDOM : 0) |
    (nat.addressMin ? NAT_FLAG_ADDRESS : 0) |
    (nat.addressMin?.length === IPV6_BYTES ? NAT_FLAG_IPV6 : 0) |
    (nat.portMin !== undefined ? NAT_FLAG_PORTS : 0)
  );
}

/** `value`, or zeros, in `room` bytes. */
function putBytes(writer: ByteWriter, value: Uint8Array | undefined, room: number): void {
  const length = value?.length ?? 0;
  if (length > room || (room === IPV6_BYTES && length !== 0 && length !== IPV4_BYTES && length !== IPV6_BYTES)) {
    throw new RangeError(`${length} bytes where ${room} belong`);
  }
  if (value) writer.bytes(value);
  writer.zeros(room - length);
}
