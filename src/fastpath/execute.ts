/** COMMAND_EXECUTE: a program and a frame for the fast path, with what it knew of the packet when it came up. */
import {
  COMMAND_EXECUTE,
  COMMAND_EXECUTE_BODY,
  COMMAND_EXECUTE_BUCKET,
  COMMAND_EXECUTE_CONNECTION,
  COMMAND_EXECUTE_DEPTH,
  COMMAND_EXECUTE_FLAGS,
  COMMAND_EXECUTE_IN_PORT,
  COMMAND_EXECUTE_KEY,
  COMMAND_EXECUTE_LENGTH,
  COMMAND_EXECUTE_PROGRAM_LENGTH,
  COMMAND_EXECUTE_RSS_HASH,
  COMMAND_EXECUTE_VNET,
} from "../../assembly/layout/command.ts";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import type { CommandRing } from "./command-ring.ts";
import type { ExecuteRequest } from "./datapath.ts";
import { encodeProgram } from "./program.ts";

const KEY_GIVEN = 1;

export function sendExecute(memory: WebAssembly.Memory, commands: CommandRing, request: ExecuteRequest): void {
  const { frame, vnet, upcall } = request;
  const program = encodeProgram(request.actions);
  const frameAt = COMMAND_EXECUTE_BODY + ((program.length + 7) & ~7) + PACKET_MIN_HEADROOM;
  const bytes = new Uint8Array(memory.buffer);
  commands.send(COMMAND_EXECUTE, frameAt + frame.length, (view, command) => {
    const word = (field: number, value: number) => view.setUint32(command + field, value, true);
    bytes.fill(0, command + COMMAND_EXECUTE_IN_PORT, command + COMMAND_EXECUTE_KEY);
    word(COMMAND_EXECUTE_IN_PORT, request.inPort);
    word(COMMAND_EXECUTE_PROGRAM_LENGTH, program.length);
    word(COMMAND_EXECUTE_LENGTH, frame.length);
    if (vnet) bytes.set(vnet.subarray(0, VNET_HEADER_SIZE), command + COMMAND_EXECUTE_VNET);
    if (upcall) {
      word(COMMAND_EXECUTE_FLAGS, KEY_GIVEN);
      word(COMMAND_EXECUTE_DEPTH, upcall.depth);
      word(COMMAND_EXECUTE_RSS_HASH, upcall.rssHash);
      word(COMMAND_EXECUTE_CONNECTION, upcall.connection);
      word(COMMAND_EXECUTE_BUCKET, upcall.bucket);
      bytes.set(upcall.key.subarray(0, KEY_SIZE), command + COMMAND_EXECUTE_KEY);
    }
    bytes.set(program, command + COMMAND_EXECUTE_BODY);
    bytes.set(frame, command + frameAt);
  });
}
