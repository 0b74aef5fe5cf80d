/**
 * `node frame-generator.ts DEVICE BYTES SECONDS ADDRESS [FLOWS]`, in the sender's namespace: UDP frames from 10.77.0.1 to ADDRESS, as
 * fast as the kernel takes them (sendmmsg, past the queueing discipline), to the hardware address in $PEER_MAC. FLOWS source ports in
 * turn, default 1.
 * Prints one line of JSON: frames the kernel took, seconds.
 */
import { readFileSync } from "node:fs";
import { findLink } from "../../src/kernel/link.ts";
import { bindToInterface, openPacketSocket } from "../../src/kernel/packet-socket.ts";
import { addressOf, argument, sendmmsg } from "../../src/kernel/system-calls.ts";
import { internetChecksum } from "../../test/model/checksums.ts";

const BATCH = 64;
/** struct mmsghdr and struct iovec of 64-bit Linux. */
const MESSAGE = 64;
const VECTOR = 16;
/** PACKET_VNET_HDR is on: a header of zeros, nothing offloaded. */
const VNET = 10;
const FIRST_PORT = 1024;
const PORTS = 64_000;

const [device, bytes, seconds, address, flows = "1"] = process.argv.slice(2);
const size = Number(bytes);
const own = readFileSync(`/sys/class/net/${device}/address`, "utf8").trim();

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[: ]/g, ""), "hex");
const target = Buffer.from(address.split(".").map(Number)).toString("hex");
const stride = VNET + size;
const frames = argument(stride * BATCH);
for (let i = 0; i < BATCH; i++) {
  const frame = frames.subarray(i * stride, (i + 1) * stride);
  hex(`${process.env.PEER_MAC} ${own} 0800`).copy(frame, VNET);
  const ip = frame.subarray(VNET + 14);
  hex(`4500 0000 0000 4000 4011 0000 0a4d0001 ${target}`).copy(ip);
  ip.writeUInt16BE(size - 14, 2);
  ip.writeUInt16BE(internetChecksum(ip.subarray(0, 20)), 10);
  hex("2710 2711 0000 0000").copy(ip, 20);
  ip.writeUInt16BE(size - 34, 24);
}

const descriptor = openPacketSocket();
bindToInterface(descriptor, findLink(device)!.index);
const vectors = argument(VECTOR * BATCH);
const messages = argument(MESSAGE * BATCH);
for (let i = 0; i < BATCH; i++) {
  vectors.writeBigUInt64LE(BigInt(addressOf(frames) + i * stride), i * VECTOR);
  vectors.writeBigUInt64LE(BigInt(stride), i * VECTOR + 8);
  messages.writeBigUInt64LE(BigInt(addressOf(vectors) + i * VECTOR), i * MESSAGE + 16);
  messages.writeBigUInt64LE(1n, i * MESSAGE + 24);
}

/** The kernel reads what only addresses point at: as exports they outlive the garbage collector's interest. */
export const held = [frames, vectors, messages];

const mostFlows = Number(flows);
let flow = 0;

/** The next flows' ports, both of them: without a checksum (0) nothing else changes. */
function nextFlows(): void {
  for (let i = 0; i < BATCH; i++) {
    const ports = i * stride + VNET + 34;
    frames.writeUInt16BE(FIRST_PORT + (flow % PORTS), ports);
    frames.writeUInt16BE(FIRST_PORT + (Math.floor(flow / PORTS) % PORTS), ports + 2);
    flow = flow + 1 === mostFlows ? 0 : flow + 1;
  }
}

const start = performance.now();
const end = start + Number(seconds) * 1000;
let sent = 0;
while (performance.now() < end) {
  for (let i = 0; i < 64; i++) {
    if (mostFlows > 1) nextFlows();
    const taken = sendmmsg(descriptor, addressOf(messages), BATCH, 0);
    if (taken > 0) sent += taken;
  }
}
if (sent === 0) throw new Error(`${device} took no frame`);
console.log(JSON.stringify({ sent, seconds: (performance.now() - start) / 1000 }));
