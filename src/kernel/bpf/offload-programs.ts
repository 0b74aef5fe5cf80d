/**
 * The two programs with which the kernel forwards known flows by itself, from the slots that the fast path writes
 * (assembly/layout/offload.ts).
 *
 * What: a packet socket gets a frame before any other program of the stock kernel may take it away. So its filter looks the frame up:
 *   for a known one it says "not for this socket" and leaves what is to be done in a word of this processor's own, where the
 *   program at the interface's ingress, which runs next for the same frame on the same processor, finds it, edits and redirects.
 *   Each frame is looked up once, so it goes one way or the other, never both or none, whatever the fast path does meanwhile.
 * Which frames: IPv4 without options or fragments, untagged, TCP segments with ACK that neither open nor end a connection, UDP; what
 *   announces more bytes than there are is left to the fast path, which counts it.
 * Invariants: slots are read as a reader of a sequence lock reads: version, key, action, version again.
 * Cost: ~60 ns a frame to look up, ~100 to edit.
 * Not handled: checksums are not verified, and sequence numbers only recorded: whoever wants that switches offload off.
 */
import {
  OFFLOAD_HEADERS,
  SLOT_ACK,
  SLOT_ACTION,
  SLOT_ACTION_END,
  SLOT_BYTES,
  SLOT_BYTES_0,
  SLOT_BYTES_2,
  SLOT_BYTES_6,
  SLOT_BYTES_14,
  SLOT_BYTES_22,
  SLOT_BYTES_26,
  SLOT_BYTES_30,
  SLOT_CHECKSUM,
  SLOT_FLAG_IP,
  SLOT_FLAG_TRANSPORT,
  SLOT_FLAG_UDP,
  SLOT_FLAGS,
  SLOT_HASH_FACTOR,
  SLOT_HASH_SHIFT,
  SLOT_IN_IFINDEX,
  SLOT_IP_DELTA,
  SLOT_MAX_LENGTH,
  SLOT_NEW_BYTES_0,
  SLOT_NEW_BYTES_22,
  SLOT_NEW_BYTES_26,
  SLOT_NEW_BYTES_34,
  SLOT_OUT_IFINDEX,
  SLOT_PACKETS,
  SLOT_PORTS_DELTA,
  SLOT_PSEUDO_DELTA,
  SLOT_SEQ_END,
  SLOT_SET_MASK,
  SLOT_VERSION,
  SLOT_WINDOW,
} from "../../../assembly/layout/offload.ts";
import { Assembler, type Size } from "./assembler.ts";
import { loadProgram, PROGRAM_SCHED_CLS, PROGRAM_SOCKET_FILTER } from "./bpf.ts";

/** Helpers of the kernel. */
const MAP_LOOKUP = 1;
const STORE_BYTES = 9;
const REPLACE_L4_CHECKSUM = 11;
const REDIRECT = 23;
const LOAD_BYTES = 26;
/** Flags of REPLACE_L4_CHECKSUM. */
const PSEUDO_HEADER = 0x10;
const ZERO_IS_NONE = 0x20;

/** struct __sk_buff. */
const LENGTH = 0;
const VLAN_PRESENT = 20;
const IFINDEX = 40;
const GSO_SIZE = 176;

/** What the filter leaves for the program at the ingress: the action of a slot, then what tells that it is for this frame. */
const DECISION = 0;
const DECISION_ARMED = SLOT_ACTION_END - SLOT_ACTION;
const DECISION_IFINDEX = DECISION_ARMED + 4;
const DECISION_LENGTH = DECISION_ARMED + 8;
export const DECISION_SIZE = DECISION_ARMED + 16;

const TCP = 6;
const UDP = 17;
const FIN_SYN_RST_ACK = 0x17;
const ACK = 0x10;
/** More fragments, or an offset. */
const FRAGMENT = 0x3fff;
const ETHERNET_SIZE = 14;
const IPV4_SIZE = 20;
const TCP_SIZE = 20;
const UDP_SIZE = 8;

/** To the program's end: the frame goes on as if there were no program. */
const WHOLE_FRAME = -1;
const REFUSED = 0;
const NEXT_PROGRAM = -1;

const FRAME = 10; // the frame pointer, and below it:
/** Where the frame's bytes stand, placed so that all that is compared is aligned. */
const frameByte = (offset: number): number => offset - 62;
const MAP_KEY = -72;
/** Room for the bytes 22..33 of an edited frame. */
const EDITED = -20;
const OLD_CHECKSUM = -24;

export interface OffloadMaps {
  /** Descriptors. */
  readonly slots: number;
  readonly decision: number;
}

/** The filter of a port's packet socket. `factor`: the secret factor of the slots' hash. @throws SystemCallError */
export function loadOffloadFilter(maps: OffloadMaps, factor: bigint): number {
  return loadProgram(PROGRAM_SOCKET_FILTER, filter(maps, factor), "the filter of offloaded flows");
}

/** The program at a port's ingress. @throws SystemCallError */
export function loadOffloadForwarder({ decision }: OffloadMaps): number {
  return loadProgram(PROGRAM_SCHED_CLS, forwarder(decision), "the forwarder of offloaded flows");
}

function filter(maps: OffloadMaps, factor: bigint): Buffer {
  const program = new Assembler().aluRegister("move", 6, 1);
  lookUp(program, maps.decision, 0, "accept").aluRegister("move", 8, 0);
  program
    .storeConstant("u32", 8, DECISION_ARMED, 0)
    .load("u32", 1, 6, VLAN_PRESENT)
    .jumpIf("notEqual", 1, 0, "accept")
    .aluRegister("move", 1, 6)
    .alu("move", 2, 0)
    .aluRegister("move", 3, FRAME)
    .alu("add", 3, frameByte(0))
    .alu("move", 4, OFFLOAD_HEADERS)
    .call(LOAD_BYTES)
    .jumpIf("notEqual", 0, 0, "accept");
  checkHeaders(program);
  hashFrame(program, factor).store("u32", FRAME, MAP_KEY, 1);
  lookUp(program, maps.slots, undefined, "accept").aluRegister("move", 7, 0);
  compare(program, "second").jump("known").label("second");
  program.load("u32", 1, FRAME, MAP_KEY).alu("or", 1, 1).store("u32", FRAME, MAP_KEY, 1);
  lookUp(program, maps.slots, undefined, "accept").aluRegister("move", 7, 0);
  compare(program, "accept").label("known");
  program
    .load("u32", 1, 6, GSO_SIZE)
    .jumpIf("notEqual", 1, 0, "fits")
    .load("u16", 1, 7, SLOT_MAX_LENGTH)
    .jumpIfRegister("greater", 9, 1, "accept")
    .label("fits");
  for (let at = SLOT_ACTION; at < SLOT_ACTION_END; at += 8) {
    program.load("u64", 1, 7, at).store("u64", 8, DECISION + at - SLOT_ACTION, 1);
  }
  barrier(program);
  program
    .load("u32", 1, 7, SLOT_VERSION)
    .jumpIfRegister("notEqual", 1, 5, "accept")
    .alu("move", 1, 1)
    .atomicAdd("u64", 7, SLOT_PACKETS, 1)
    .atomicAdd("u64", 7, SLOT_BYTES, 9);
  recordProgress(program);
  return program
    .load("u32", 1, 6, IFINDEX)
    .store("u32", 8, DECISION_IFINDEX, 1)
    .store("u32", 8, DECISION_LENGTH, 9)
    .storeConstant("u32", 8, DECISION_ARMED, 1)
    .alu("move", 0, REFUSED)
    .exit()
    .label("accept")
    .alu("move", 0, WHOLE_FRAME)
    .exit()
    .bytes();
}

/** R0 = element `key` (undefined: what MAP_KEY holds) of an array, a jump when there is none. */
function lookUp(program: Assembler, map: number, key: number | undefined, missing: string): Assembler {
  if (key !== undefined) program.storeConstant("u32", FRAME, MAP_KEY, key);
  return program
    .map(1, map)
    .aluRegister("move", 2, FRAME)
    .alu("add", 2, MAP_KEY)
    .call(MAP_LOOKUP)
    .jumpIf("equal", 0, 0, missing);
}

/** What no slot says: no fragment, lengths that fit, flags. Leaves the frame's length in R9. */
function checkHeaders(program: Assembler): void {
  program
    .load("u16", 1, FRAME, frameByte(20))
    .jumpIf("anyOf", 1, swapped(FRAGMENT), "accept")
    .load("u32", 9, 6, LENGTH)
    .load("u16", 2, FRAME, frameByte(16))
    .swapBytes(2, 16)
    .aluRegister("move", 3, 2)
    .alu("add", 3, ETHERNET_SIZE)
    .jumpIfRegister("greater", 3, 9, "accept")
    .load("u8", 1, FRAME, frameByte(23))
    .jumpIf("equal", 1, UDP, "udp")
    .jumpIf("notEqual", 1, TCP, "accept");
  headerLength(program, 3)
    .jumpIf("less", 3, TCP_SIZE, "accept")
    .alu("add", 3, IPV4_SIZE)
    .jumpIfRegister("greater", 3, 2, "accept")
    .load("u8", 1, FRAME, frameByte(47))
    .alu("and", 1, FIN_SYN_RST_ACK)
    .jumpIf("notEqual", 1, ACK, "accept")
    .jump("sound")
    .label("udp")
    .load("u16", 3, FRAME, frameByte(38))
    .swapBytes(3, 16)
    .jumpIf("less", 3, UDP_SIZE, "accept")
    .alu("add", 3, IPV4_SIZE)
    .jumpIfRegister("greater", 3, 2, "accept")
    .label("sound");
}

/** Bytes of the TCP header, by its data offset. */
function headerLength(program: Assembler, target: number): Assembler {
  return program.load("u8", target, FRAME, frameByte(46)).alu("shiftRight", target, 4).alu("shiftLeft", target, 2);
}

/** R1 = the first slot of the frame's set: as `setOf` of assembly/offload/slots.ts. */
function hashFrame(program: Assembler, factor: bigint): Assembler {
  return program
    .load("u64", 1, FRAME, frameByte(30))
    .load("u32", 2, FRAME, frameByte(26))
    .load("u32", 3, 6, IFINDEX)
    .alu("shiftLeft", 3, 32)
    .aluRegister("or", 2, 3)
    .constant(3, BigInt(SLOT_HASH_FACTOR))
    .aluRegister("multiply", 2, 3)
    .aluRegister("add", 1, 2)
    .aluRegister("move", 2, 1)
    .alu("shiftRight", 2, 32)
    .aluRegister("xor", 1, 2)
    .constant(3, factor)
    .aluRegister("multiply", 1, 3)
    .alu("shiftRight", 1, SLOT_HASH_SHIFT)
    .alu("and", 1, SLOT_SET_MASK);
}

/** Whether the slot at R7 is the frame's: a jump when not. Leaves the slot's version in R5. */
function compare(program: Assembler, other: string): Assembler {
  program.load("u32", 5, 7, SLOT_VERSION).jumpIf("equal", 5, 0, other);
  barrier(program);
  const same = (size: Size, field: number, offset: number): void => {
    program.load(size, 1, 7, field).load(size, 2, FRAME, frameByte(offset)).jumpIfRegister("notEqual", 1, 2, other);
  };
  same("u64", SLOT_BYTES_30, 30);
  same("u32", SLOT_BYTES_26, 26);
  same("u64", SLOT_BYTES_6, 6);
  same("u32", SLOT_BYTES_2, 2);
  same("u16", SLOT_BYTES_0, 0);
  same("u16", SLOT_BYTES_14, 14);
  same("u16", SLOT_BYTES_22, 22);
  return program.load("u32", 1, 7, SLOT_IN_IFINDEX).load("u32", 2, 6, IFINDEX).jumpIfRegister("notEqual", 1, 2, other);
}

/** x86 keeps loads in order by itself. */
function barrier(program: Assembler): void {
  if (process.arch !== "x64") program.barrier(8, DECISION, 1);
}

/** How far a TCP connection is, for the fast path that judges its last segments. */
function recordProgress(program: Assembler): void {
  program.load("u8", 1, FRAME, frameByte(23)).jumpIf("notEqual", 1, TCP, "recorded");
  program
    .load("u32", 1, FRAME, frameByte(38))
    .swapBytes(1, 32)
    .load("u16", 2, FRAME, frameByte(16))
    .swapBytes(2, 16)
    .alu32Register("add", 1, 2);
  headerLength(program, 2).alu32Register("subtract", 1, 2).alu32("subtract", 1, IPV4_SIZE);
  advance(program, SLOT_SEQ_END, "sequence");
  program.load("u32", 1, FRAME, frameByte(42)).swapBytes(1, 32);
  advance(program, SLOT_ACK, "acknowledged");
  program.load("u16", 1, FRAME, frameByte(48)).swapBytes(1, 16).store("u32", 7, SLOT_WINDOW, 1).label("recorded");
}

/** Stores R1 where it is past what stands there (modulo 2^32). */
function advance(program: Assembler, field: number, label: string): void {
  program
    .load("u32", 2, 7, field)
    .alu32Register("move", 3, 1)
    .alu32Register("subtract", 3, 2)
    .alu32("shiftRight", 3, 31)
    .jumpIf("notEqual", 3, 0, label)
    .store("u32", 7, field, 1)
    .label(label);
}

function forwarder(decision: number): Buffer {
  const program = new Assembler().aluRegister("move", 6, 1);
  lookUp(program, decision, 0, "other").aluRegister("move", 7, 0);
  program
    .load("u32", 1, 7, DECISION_ARMED)
    .jumpIf("equal", 1, 0, "other")
    .storeConstant("u32", 7, DECISION_ARMED, 0)
    .load("u32", 1, 7, DECISION_IFINDEX)
    .load("u32", 2, 6, IFINDEX)
    .jumpIfRegister("notEqual", 1, 2, "other")
    .load("u32", 1, 7, DECISION_LENGTH)
    .load("u32", 2, 6, LENGTH)
    .jumpIfRegister("notEqual", 1, 2, "other")
    .load("u32", 8, 7, inDecision(SLOT_FLAGS))
    .aluRegister("move", 1, 8)
    .alu("and", 1, SLOT_FLAG_IP)
    .jumpIf("equal", 1, 0, "transport");
  editIpv4(program);
  program.label("transport").aluRegister("move", 1, 8).alu("and", 1, SLOT_FLAG_TRANSPORT).jumpIf("equal", 1, 0, "macs");
  editTransport(program);
  program.label("macs");
  storeFromDecision(program, 0, SLOT_NEW_BYTES_0, 12);
  return program
    .load("u32", 1, 7, inDecision(SLOT_OUT_IFINDEX))
    .alu("move", 2, 0)
    .call(REDIRECT)
    .exit()
    .label("other")
    .alu("move", 0, NEXT_PROGRAM)
    .exit()
    .bytes();
}

/** Bytes 22..33 at once: ttl and protocol, the checksum by what has changed (RFC 1624), addresses. */
function editIpv4(program: Assembler): void {
  program
    .aluRegister("move", 1, 6)
    .alu("move", 2, 24)
    .aluRegister("move", 3, FRAME)
    .alu("add", 3, OLD_CHECKSUM)
    .alu("move", 4, 2)
    .storeConstant("u16", FRAME, OLD_CHECKSUM, 0)
    .call(LOAD_BYTES)
    .load("u16", 1, FRAME, OLD_CHECKSUM)
    .alu("xor", 1, 0xffff)
    .load("u16", 2, 7, inDecision(SLOT_IP_DELTA))
    .aluRegister("add", 1, 2)
    .aluRegister("move", 2, 1)
    .alu("shiftRight", 2, 16)
    .alu("and", 1, 0xffff)
    .aluRegister("add", 1, 2)
    .alu("xor", 1, 0xffff)
    .store("u16", FRAME, EDITED + 2, 1)
    .load("u16", 1, 7, inDecision(SLOT_NEW_BYTES_22))
    .store("u16", FRAME, EDITED, 1)
    .load("u64", 1, 7, inDecision(SLOT_NEW_BYTES_26))
    .store("u64", FRAME, EDITED + 4, 1)
    .aluRegister("move", 1, 6)
    .alu("move", 2, 22)
    .aluRegister("move", 3, FRAME)
    .alu("add", 3, EDITED)
    .alu("move", 4, 12)
    .alu("move", 5, 0)
    .call(STORE_BYTES);
}

/** Ports, and the L4 checksum: a host may have left it open, which the kernel knows and the helper heeds. */
function editTransport(program: Assembler): void {
  storeFromDecision(program, 34, SLOT_NEW_BYTES_34, 4);
  program
    .aluRegister("move", 9, 8)
    .alu("and", 9, SLOT_FLAG_UDP)
    .jumpIf("equal", 9, 0, "summed")
    .alu("move", 9, ZERO_IS_NONE)
    .label("summed");
  for (const [delta, flag] of [
    [SLOT_PSEUDO_DELTA, PSEUDO_HEADER],
    [SLOT_PORTS_DELTA, 0],
  ]) {
    program
      .aluRegister("move", 1, 6)
      .load("u32", 2, 7, inDecision(SLOT_CHECKSUM))
      .alu("move", 3, 0)
      .load("u32", 4, 7, inDecision(delta))
      .aluRegister("move", 5, 9)
      .alu("or", 5, flag)
      .call(REPLACE_L4_CHECKSUM);
  }
}

function storeFromDecision(program: Assembler, offset: number, field: number, bytes: number): void {
  program
    .aluRegister("move", 1, 6)
    .alu("move", 2, offset)
    .aluRegister("move", 3, 7)
    .alu("add", 3, inDecision(field))
    .alu("move", 4, bytes)
    .alu("move", 5, 0)
    .call(STORE_BYTES);
}

const inDecision = (field: number): number => DECISION + field - SLOT_ACTION;

/** A 16-bit field of a header as it is loaded. */
const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
