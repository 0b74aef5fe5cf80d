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
import {
  CLONE_DEPTH_LIMIT,
  COUNTER_SPENT,
  DROP_ACTION,
  DROP_BAD_PROGRAM,
  DROP_METER,
  DROP_REASONS,
  OP_CHECK_PKT_LEN,
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_CT_SIZE,
  OP_DROP,
  OP_HASH,
  OP_HEADER_SIZE,
  OP_LENGTH,
  OP_METER,
  OP_OPCODE,
  OP_OUTPUT,
  OP_POP_MPLS,
  OP_POP_VLAN,
  OP_PUSH_MPLS,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_SAMPLE,
  OP_SELECT,
  OP_SELECT_TABLES,
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
  OP_TRUNC,
  OP_TUNNEL_POP,
  OP_TUNNEL_PUSH,
  OP_USERSPACE,
  PACKET_BATCH_NEXT,
  PACKET_TRUNC,
} from "../layout.ts";
import { admit } from "../meter/meter.ts";
import { checkPacketLength } from "./check-packet-length.ts";
import { runNested } from "./clone.ts";
import { hashPacket } from "./hash.ts";
import { output } from "./output.ts";
import { popMpls } from "./pop-mpls.ts";
import { popVlan } from "./pop-vlan.ts";
import { pushMpls } from "./push-mpls.ts";
import { pushVlan } from "./push-vlan.ts";
import { recirculate } from "./recirculate.ts";
import { isSampled, SAMPLE_PROGRAM } from "./sample.ts";
import { select } from "./select.ts";
import { setArp } from "./set-arp.ts";
import { setEthernet } from "./set-ethernet.ts";
import { setIcmp } from "./set-icmp.ts";
import { setIpv4 } from "./set-ipv4.ts";
import { setIpv6 } from "./set-ipv6.ts";
import { setMetadata } from "./set-metadata.ts";
import { setMpls } from "./set-mpls.ts";
import { setNd } from "./set-nd.ts";
import { setTransport } from "./set-transport.ts";
import { setTunnel } from "./set-tunnel.ts";
import { setVlan } from "./set-vlan.ts";
import { popTunnel } from "./tunnel-pop.ts";
import { pushTunnel } from "./tunnel-push.ts";
import { userspace } from "./userspace.ts";

const ARGUMENT: usize = 8;
const CLONE_PROGRAM: usize = 8;
const REFUSED: u32 = u32.MAX_VALUE;

/** Bytes that an instruction has at least; more than any length for an opcode nobody knows. */
function shortest(opcode: u32): u32 {
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
      return OP_HEADER_SIZE;
    case OP_PUSH_VLAN:
    case OP_POP_MPLS:
    case OP_SAMPLE:
      return 12;
    case OP_HASH:
    case OP_TUNNEL_POP:
    case OP_PUSH_MPLS:
    case OP_SET_MPLS:
    case OP_SET_TRANSPORT:
    case OP_SET_ICMP:
    case OP_SET_VLAN:
    case OP_CHECK_PKT_LEN:
      return 16;
    case OP_TUNNEL_PUSH:
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
      case OP_SET_ETHERNET:
        setEthernet(packet, instruction);
        break;
      case OP_SET_IPV4:
        setIpv4(packet, instruction);
        break;
      case OP_SET_IPV6:
        setIpv6(packet, instruction);
        break;
      case OP_SET_TRANSPORT:
        setTransport(packet, instruction);
        break;
      case OP_SET_ICMP:
        setIcmp(packet, instruction);
        break;
      case OP_SET_ARP:
        setArp(packet, instruction);
        break;
      case OP_SET_ND:
        setNd(packet, instruction);
        break;
      case OP_SET_VLAN:
        setVlan(packet, instruction);
        break;
      case OP_SET_METADATA:
        setMetadata(packet, instruction);
        break;
      case OP_SET_TUNNEL:
        setTunnel(packet, instruction);
        break;
      case OP_SET_MPLS:
        setMpls(packet, instruction);
        break;
      case OP_PUSH_VLAN:
        pushVlan(packet, instruction);
        break;
      case OP_POP_VLAN:
        popVlan(packet, instruction);
        break;
      case OP_PUSH_MPLS:
        pushMpls(packet, instruction);
        break;
      case OP_POP_MPLS:
        popMpls(packet, instruction);
        break;
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
