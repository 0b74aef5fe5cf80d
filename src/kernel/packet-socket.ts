/**
 * Packet sockets (AF_PACKET, linux/if_packet.h): how an existing interface becomes a port.
 *
 * What: a raw, promiscuous socket that sees only what arrives. Frames carry a virtio-net header, so a veth needs no
 *   `ethtool -K … tx off`. Small frames arrive in a TPACKET_V2 ring, longer ones in the socket's queue (assembly/io/ring.ts).
 * Cost: the ring, all of it from the start; up to RECEIVE_BUFFER more while super-packets wait.
 *   Why not one ring of 68 KiB frames: it takes 17 MiB for 256 frames, and a burst of 300 small ones is lost.
 *   Frames are sent through the interface's queueing discipline, so that tcpdump sees them there: PACKET_QDISC_BYPASS made
 *   no difference that `npm run bench -- wire/frames` could tell.
 * Not handled: TPACKET_V3 (delays by its block timeout), several sockets on one interface (fanout).
 */

import { RING_HEADER_SIZE } from "../../assembly/io/ring-layout.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { check } from "./errno.ts";
import { setSocketOption, trySocketOption } from "./socket-option.ts";
import { addressOf, argument, bind, close, errno, getsockopt, setsockopt, socket } from "./system-calls.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_DETACH_FILTER = 27;
const SO_ATTACH_BPF = 50;

const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_COPY_THRESH = 7;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V2 = 1;
const PACKET_MR_PROMISC = 1;

const SEND_BUFFER = 8 << 20;
const RECEIVE_BUFFER = 16 << 20;

/** Bytes of sockaddr_ll and of struct packet_mreq. */
const ADDRESS_SIZE = 20;
const MEMBERSHIP_SIZE = 16;

export const RING_FRAME_SIZE = 2048;
/** Contiguous memory the kernel asks for at a time. */
const RING_BLOCK_SIZE = 64 << 10;
/** Where the kernel puts the Ethernet header without PACKET_RESERVE: after its header and a sockaddr_ll, 16-aligned. */
const RING_MAC_UNRESERVED = 80 + VNET_HEADER_SIZE - 14;

/** An open socket that is bound to nothing yet: no frame is received before `bindToInterface`. */
export function openPacketSocket(): number {
  const descriptor = check(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket of family AF_PACKET");
  try {
    setSocketOption(descriptor, SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
    setSocketOption(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
    setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER, "SO_SNDBUFFORCE");
    setSocketOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "SO_RCVBUFFORCE");
    return descriptor;
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/** Asks for a receive ring of that many bytes, to be mapped; frames keep PACKET_MIN_HEADROOM writable bytes before them. */
export function createReceiveRing(descriptor: number, bytes: number): void {
  const reserve = PACKET_MIN_HEADROOM + RING_HEADER_SIZE - RING_MAC_UNRESERVED;
  setSocketOption(descriptor, SOL_PACKET, PACKET_VERSION, TPACKET_V2, "PACKET_VERSION");
  setSocketOption(descriptor, SOL_PACKET, PACKET_RESERVE, reserve, "PACKET_RESERVE");
  setSocketOption(descriptor, SOL_PACKET, PACKET_COPY_THRESH, 1, "PACKET_COPY_THRESH");
  const request = argument(16);
  [RING_BLOCK_SIZE, bytes / RING_BLOCK_SIZE, RING_FRAME_SIZE, bytes / RING_FRAME_SIZE].forEach((value, index) => {
    request.writeUInt32LE(value, index * 4);
  });
  check(setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, addressOf(request), 16), "PACKET_RX_RING");
}

/** Frames for which the eBPF program (a PROGRAM_SOCKET_FILTER) returns 0 are not for this socket. */
export function setSocketFilter(descriptor: number, program: number): void {
  setSocketOption(descriptor, SOL_SOCKET, SO_ATTACH_BPF, program, "SO_ATTACH_BPF");
}

/** Every frame is for this socket again. */
export function removeSocketFilter(descriptor: number): void {
  trySocketOption(descriptor, SOL_SOCKET, SO_DETACH_FILTER, 0); // a socket that has none says so
}

/** Receives every frame that arrives on the interface from now on, whomever it is for. */
export function bindToInterface(descriptor: number, index: number): void {
  const membership = argument(MEMBERSHIP_SIZE);
  membership.writeInt32LE(index, 0);
  membership.writeUInt16LE(PACKET_MR_PROMISC, 4);
  check(
    setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, addressOf(membership), MEMBERSHIP_SIZE),
    `promiscuous mode of interface ${index}`,
  );
  const address = argument(ADDRESS_SIZE);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  check(bind(descriptor, addressOf(address), ADDRESS_SIZE), `bind to interface ${index}`);
}

/** Frames the ring had no room for since the last call. */
export function takeRingDrops(descriptor: number): number {
  const statistics = argument(8); // struct tpacket_stats: packets, drops; cleared by reading
  const length = argument(4);
  length.writeUInt32LE(8);
  if (getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, addressOf(statistics), addressOf(length)) < 0) return 0;
  return statistics.readUInt32LE(4);
}

/** The error that waits at the socket (its interface went down or away), taken off it; 0 = none. */
export function takeSocketError(descriptor: number): number {
  const word = argument(4);
  const length = argument(4);
  length.writeUInt32LE(4);
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, addressOf(word), addressOf(length)) < 0) return errno();
  return word.readInt32LE(0);
}
