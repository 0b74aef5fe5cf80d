/**
 * `node send-frames.ts DEVICE`: sends the frames on its standard input through a device of the namespace it runs in. Each frame has
 * its length before it, 4 bytes, big-endian.
 */
import { readFileSync } from "node:fs";
import { findLink } from "../../src/kernel/link.ts";
import { bindToInterface, openPacketSocket } from "../../src/kernel/packet-socket.ts";
import { addressOf, argument, send } from "../../src/kernel/system-calls.ts";

/** PACKET_VNET_HDR is on: a header of zeros, nothing offloaded. */
const VNET = 10;
const LARGEST = 2048;

const descriptor = openPacketSocket();
bindToInterface(descriptor, findLink(process.argv[2])!.index);
const frame = argument(VNET + LARGEST);
const input = readFileSync(0);
for (let at = 0; at < input.length; ) {
  const length = input.readUInt32BE(at);
  input.copy(frame, VNET, at + 4, at + 4 + length);
  const sent = send(descriptor, addressOf(frame), VNET + length, 0);
  if (sent !== VNET + length) throw new Error(`a frame of ${length} bytes was not sent`);
  at += 4 + length;
}
