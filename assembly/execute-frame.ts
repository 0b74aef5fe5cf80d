/**
 * COMMAND_EXECUTE: a program on a frame from the slow path, in the place of the command ring where it lies.
 *
 * What: the packet continues where its upcall left it: key metadata, depth, hash, connection and bucket come back with it.
 * Invariants: what the command says about lengths is checked against its size before anything is believed.
 */
import { execute } from "./actions/execute.ts";
import { count, drop } from "./counters.ts";
import { COMMAND_EXECUTE_BODY, COMMAND_EXECUTE_BUCKET, COMMAND_EXECUTE_CONNECTION, COMMAND_EXECUTE_DEPTH, COMMAND_EXECUTE_FLAGS, COMMAND_EXECUTE_IN_PORT, COMMAND_EXECUTE_KEY, COMMAND_EXECUTE_LENGTH, COMMAND_EXECUTE_PROGRAM_LENGTH, COMMAND_EXECUTE_RSS_HASH, COMMAND_EXECUTE_VNET } from "./layout/command.ts";
import { COUNTER_EXECUTED, DROP_INVALID_EXECUTE, DROP_NO_BUFFER } from "./layout/counter.ts";
import { KEY_SIZE } from "./layout/key.ts";
import { MAX_FRAME } from "./layout/limits.ts";
import { PACKET_BUCKET, PACKET_CONNECTION, PACKET_CSUM_OFFSET, PACKET_CSUM_START, PACKET_DATA, PACKET_DEPTH, PACKET_FLAGS, PACKET_FLAG_FROM_SLOWPATH, PACKET_GSO_SIZE, PACKET_GSO_TYPE, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_LENGTH, PACKET_MIN_HEADROOM, PACKET_RSS_HASH, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_NONE, VNET_HEADER_SIZE } from "./layout/packet.ts";
import { RECORD_SIZE } from "./layout/ring.ts";
import { parse, reparse } from "./packet/parse.ts";
import { allocatePacket } from "./packet/pool.ts";

const KEY_GIVEN: u32 = 1;
const ETHERNET_SIZE: u32 = 14;

export function executeFrame(command: usize): void {
  count(COUNTER_EXECUTED);
  const size = load<u32>(command, RECORD_SIZE);
  const programLength = load<u32>(command, COMMAND_EXECUTE_PROGRAM_LENGTH);
  const length = load<u32>(command, COMMAND_EXECUTE_LENGTH);
  const frameAt = <u64>COMMAND_EXECUTE_BODY + ((<u64>programLength + 7) & ~7) + PACKET_MIN_HEADROOM;
  if (length < ETHERNET_SIZE || length > <u32>MAX_FRAME || frameAt + length > size) return drop(0, DROP_INVALID_EXECUTE);
  const packet = allocatePacket();
  if (packet == 0) return drop(0, DROP_NO_BUFFER);
  store<u32>(packet, <u32>command + <u32>frameAt, PACKET_DATA);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, length, PACKET_HEAD_LENGTH);
  store<u32>(packet, PACKET_MIN_HEADROOM, PACKET_HEADROOM);
  store<u32>(packet, load<u32>(command, COMMAND_EXECUTE_IN_PORT), PACKET_IN_PORT);
  store<u32>(packet, load<u32>(command, COMMAND_EXECUTE_DEPTH), PACKET_DEPTH);
  memory.copy(packet + PACKET_VNET_FLAGS, command + COMMAND_EXECUTE_VNET, VNET_HEADER_SIZE);
  if (!isOffloadSound(packet, length)) return drop(packet, DROP_INVALID_EXECUTE);
  identify(packet, command);
  store<u16>(packet, load<u16>(packet, PACKET_FLAGS) | PACKET_FLAG_FROM_SLOWPATH, PACKET_FLAGS);
  const program = command + COMMAND_EXECUTE_BODY;
  execute(packet, program, program + programLength, 0);
}

/** Key and metadata: afresh, or as the upcall had them. */
function identify(packet: usize, command: usize): void {
  if ((load<u32>(command, COMMAND_EXECUTE_FLAGS) & KEY_GIVEN) == 0) return parse(packet);
  memory.copy(load<u32>(packet, PACKET_KEY), command + COMMAND_EXECUTE_KEY, KEY_SIZE);
  store<u32>(packet, KEY_SIZE, PACKET_KEY_EXTENT);
  store<u32>(packet, load<u32>(command, COMMAND_EXECUTE_RSS_HASH), PACKET_RSS_HASH);
  store<u32>(packet, load<u32>(command, COMMAND_EXECUTE_CONNECTION), PACKET_CONNECTION);
  store<u32>(packet, load<u32>(command, COMMAND_EXECUTE_BUCKET), PACKET_BUCKET);
  reparse(packet);
}

/** As for frames that arrive at a port: a checksum's place is inside the frame, a super-packet has a segment size. */
function isOffloadSound(packet: usize, length: u32): bool {
  if (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) {
    const end = <u32>load<u16>(packet, PACKET_CSUM_START) + <u32>load<u16>(packet, PACKET_CSUM_OFFSET) + 2;
    if (end > length) return false;
  }
  return load<u8>(packet, PACKET_GSO_TYPE) == VNET_GSO_NONE || load<u16>(packet, PACKET_GSO_SIZE) != 0;
}
