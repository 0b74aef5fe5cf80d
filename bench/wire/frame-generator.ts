/**
 * `node frame-generator.ts DEVICE BYTES SECONDS ADDRESS [FLOWS]`, in the sender's namespace: UDP frames from 10.77.0.1 to ADDRESS, as
 * fast as the kernel takes them, to the hardware address in $PEER_MAC. FLOWS source ports in turn, default 1.
 * Prints one line of JSON: seconds. How many frames went out, the device counts.
 *
 * Frames of one flow are handed over as super-packets (UDP_SEGMENT) that the kernel cuts before the device, whose offloads are off:
 * frame by frame the generator would be slower than what it measures. Frames of many flows go one by one, by sendmmsg.
 */
import { readFileSync } from "node:fs";
import { VNET_F_NEEDS_CSUM, VNET_GSO_UDP_L4 } from "../../assembly/layout/packet.ts";
import { findLink } from "../../src/kernel/link.ts";
import { bindToInterface, openPacketSocket } from "../../src/kernel/packet-socket.ts";
import { addressOf, argument, sendmmsg } from "../../src/kernel/system-calls.ts";
import { internetChecksum } from "../../test/model/checksums.ts";

const BATCH = 64;
/** struct mmsghdr and struct iovec of 64-bit Linux. */
const MESSAGE = 64;
const VECTOR = 16;
/** PACKET_VNET_HDR is on. Zeros: nothing offloaded. */
const VNET = 10;
const HEADERS = 42; // Ethernet, IPv4, UDP
const LONGEST = 65_000;
/** UDP_MAX_SEGMENTS is 128, no more are handed over by hosts' own stacks. */
const SEGMENTS = 64;
const FIRST_PORT = 1024;
const PORTS = 64_000;

const [device, bytes, seconds, address, flows = "1"] = process.argv.slice(2);
const size = Number(bytes);
const own = readFileSync(`/sys/class/net/${device}/address`, "utf8").trim();

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[: ]/g, ""), "hex");
const target = Buffer.from(address.split(".").map(Number)).toString("hex");
const mostFlows = Number(flows);
const payload = size - HEADERS;
const segments = mostFlows > 1 ? 1 : Math.min(SEGMENTS, Math.floor(LONGEST / payload));
const length = HEADERS + segments * payload;
const stride = VNET + length;
const frames = argument(stride * BATCH);
for (let i = 0; i < BATCH; i++) {
  const frame = frames.subarray(i * stride, (i + 1) * stride);
  if (segments > 1) askForSegments(frame);
  hex(`${process.env.PEER_MAC} ${own} 0800`).copy(frame, VNET);
  const ip = frame.subarray(VNET + 14);
  hex(`4500 0000 0000 4000 4011 0000 0a4d0001 ${target}`).copy(ip);
  ip.writeUInt16BE(length - 14, 2);
  ip.writeUInt16BE(internetChecksum(ip.subarray(0, 20)), 10);
  hex("2710 2711 0000 0000").copy(ip, 20);
  ip.writeUInt16BE(length - 34, 24);
  if (segments > 1) openChecksum(ip);
}

/** struct virtio_net_hdr: flags, GSO type, bytes of headers, of a segment's payload, where to sum from and to. */
function askForSegments(header: Buffer): void {
  header[0] = VNET_F_NEEDS_CSUM;
  header[1] = VNET_GSO_UDP_L4;
  [HEADERS, payload, 34, 6].forEach((value, i) => {
    header.writeUInt16LE(value, 2 + i * 2);
  });
}

/** The sum of the pseudo-header, as every checksum that is left open holds it. */
function openChecksum(ip: Buffer): void {
  const pseudo = Buffer.concat([ip.subarray(12, 20), Buffer.from([0, 17]), ip.subarray(24, 26)]);
  ip.writeUInt16BE(~internetChecksum(pseudo) & 0xffff, 26);
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
while (performance.now() < end) {
  for (let i = 0; i < 64 / segments; i++) {
    if (mostFlows > 1) nextFlows();
    sendmmsg(descriptor, addressOf(messages), BATCH, 0);
  }
}
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
