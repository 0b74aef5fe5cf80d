/**
 * Runs an action program on a packet.
 *
 * What: one switch over the opcodes; each action is a file beside this one. `execute` owns its packet: the instruction
 *   that ends the program takes the packet itself, any other one that gives a packet away takes a clone.
 * Invariants: whatever the bytes, it ends: every step moves forward by a checked length, nested programs lie inside
 *   their instruction and nest no deeper than CLONE_DEPTH_LIMIT. A packet leaves `execute` exactly once: handed on, or
 *   counted by `drop` or COUNTER_SPENT.
 * Cost: ~2 ns an instruction besides its work.
 */
import { clearTracking, track } from "../conntrack/track.ts";
import { count, drop } from "../counters.ts";
import { COUNTER_SPENT, DROP_ACTION, DROP_BAD_PROGRAM, DROP_BAD_SET, DROP_METER, DROP_REASONS } from "../layout/counter.ts";
import { CLONE_DEPTH_LIMIT } from "../layout/limits.ts";
import { PACKET_BATCH_NEXT, PACKET_TRUNC } from "../layout/packet.ts";
import { OP_CHECK_PKT_LEN, OP_CLONE, OP_CT, OP_CT_CLEAR, OP_DROP, OP_HASH, OP_HEADER_SIZE, OP_LENGTH, OP_METER, OP_OPCODE, OP_OUTPUT, OP_RECIRC, OP_SAMPLE, OP_SELECT, OP_TRUNC, OP_TUNNEL_POP, OP_TUNNEL_PUSH, OP_USERSPACE } from "../layout/program.ts";
import { admit } from "../meter/meter.ts";
import { checkPacketLength } from "./check-packet-length.ts";
import { runNested } from "./clone.ts";
import { edit } from "./edit.ts";
import { hashPacket } from "./hash.ts";
import { shortest } from "./instruction.ts";
import { output } from "./output.ts";
import { recirculate } from "./recirculate.ts";
import { isSampled, SAMPLE_PROGRAM } from "./sample.ts";
import { select } from "./select.ts";
import { popTunnel } from "./tunnel-pop.ts";
import { pushTunnel } from "./tunnel-push.ts";
import { userspace } from "./userspace.ts";

const ARGUMENT: usize = 8;
const CLONE_PROGRAM: usize = 8;

/** Runs the instructions from `program` to `end`. The packet is handed on, or its end is counted, before this returns. */
export function execute(packet: usize, program: usize, end: usize, nesting: u32): void {
  if (nesting > <u32>CLONE_DEPTH_LIMIT) return drop(packet, DROP_BAD_PROGRAM);
  let instruction = program;
  let shared = false; // a copy went out before
  while (instruction < end) {
    const left = end - instruction;
    if (left < <usize>OP_HEADER_SIZE) return drop(packet, DROP_BAD_PROGRAM);
    const opcode: u32 = load<u16>(instruction, OP_OPCODE);
    const length = load<u32>(instruction, OP_LENGTH);
    if (length < shortest(opcode) || <usize>length > left || (length & 3) != 0) return drop(packet, DROP_BAD_PROGRAM);
    const next = instruction + length;
    const last = next == end;

    switch (opcode) {
      case OP_OUTPUT:
        output(packet, instruction, last);
        if (last) return;
        shared = true;
        break;
      case OP_USERSPACE:
        userspace(packet, instruction, last);
        if (last) return;
        shared = true;
        break;
      case OP_RECIRC:
        recirculate(packet, instruction, last);
        if (last) return;
        shared = true;
        break;
      case OP_SELECT:
        select(packet, instruction, length, last, nesting);
        if (last) return;
        shared = true;
        break;
      case OP_SAMPLE:
        if (!isSampled(instruction)) break;
        runNested(packet, instruction + SAMPLE_PROGRAM, next, last, nesting);
        if (last) return;
        shared = true;
        break;
      case OP_CLONE:
        runNested(packet, instruction + CLONE_PROGRAM, next, last, nesting);
        if (last) return;
        shared = true;
        break;
      case OP_CHECK_PKT_LEN:
        checkPacketLength(packet, instruction, next, last, nesting);
        if (last) return;
        shared = true;
        break;
      case OP_TUNNEL_POP:
        popTunnel(packet, instruction, last);
        if (last) return;
        shared = true;
        break;
      case OP_DROP: {
        const reason = load<u32>(instruction, ARGUMENT);
        return drop(packet, reason < <u32>DROP_REASONS ? reason : DROP_ACTION);
      }
      case OP_METER:
        if (!admit(load<u32>(instruction, ARGUMENT), packet)) return drop(packet, DROP_METER);
        break;
      case OP_CT: {
        const tracked = track(packet, instruction);
        if (tracked == 0) return;
        if (load<u32>(tracked, PACKET_BATCH_NEXT) != 0) return executeEach(tracked, next, end, nesting);
        packet = tracked;
        break;
      }
      case OP_TUNNEL_PUSH: {
        const encapsulated = pushTunnel(packet, instruction, next);
        if (encapsulated == 0) return;
        if (load<u32>(encapsulated, PACKET_BATCH_NEXT) != 0) return executeEach(encapsulated, next, end, nesting);
        packet = encapsulated;
        break;
      }
      case OP_TRUNC:
        store<u32>(packet, load<u32>(instruction, ARGUMENT), PACKET_TRUNC);
        break;
      case OP_HASH:
        hashPacket(packet, instruction);
        break;
      case OP_CT_CLEAR:
        clearTracking(packet);
        break;
      default:
        if (!edit(packet, instruction, opcode)) return drop(packet, DROP_BAD_SET);
    }
    instruction = next;
  }
  if (shared) count(COUNTER_SPENT);
  else drop(packet, DROP_ACTION);
}

/** The rest of a program for each packet of a list, in its order. */
function executeEach(first: usize, program: usize, end: usize, nesting: u32): void {
  let packet = first;
  while (packet != 0) {
    const following = <usize>load<u32>(packet, PACKET_BATCH_NEXT);
    store<u32>(packet, 0, PACKET_BATCH_NEXT);
    execute(packet, program, end, nesting + 1);
    packet = following;
  }
}
