/**
 * AF_XDP sockets (linux/if_xdp.h): an interface's frames past the kernel's stack, in rings and chunks of linear memory.
 *
 * What: `openXdpSocket` registers a window's chunks, maps the four rings over the window (assembly/layout/xdp.ts), binds to the
 *   interface's receive queue 0 and gives the kernel all chunks to receive into. No frame comes before `attachXdp`.
 * Invariants: copy mode: the kernel reads and writes chunks in our calls and in its receive path only, never by DMA.
 *   What the descriptor and the mappings hold goes with them: `mapAnonymous` over the window after `close`.
 * Cost: a window of 8 MiB a port, pinned.
 * Not handled: zero copy, several receive queues, frames in several chunks, checksum offload by metadata.
 */
import {
  XDP_CHUNK_SIZE,
  XDP_COMPLETION_DESCRIPTORS,
  XDP_COMPLETION_PRODUCER,
  XDP_COMPLETION_RING,
  XDP_FILL_DESCRIPTORS,
  XDP_FILL_ENTRIES,
  XDP_FILL_PRODUCER,
  XDP_FILL_RING,
  XDP_FRAMES,
  XDP_FRAMES_BYTES,
  XDP_FREE_CHUNKS,
  XDP_FREE_COUNT,
  XDP_RECEIVE_CHUNKS,
  XDP_RECEIVE_DESCRIPTORS,
  XDP_RECEIVE_ENTRIES,
  XDP_RECEIVE_PRODUCER,
  XDP_RECEIVE_RING,
  XDP_TRANSMIT_DESCRIPTORS,
  XDP_TRANSMIT_ENTRIES,
  XDP_TRANSMIT_PRODUCER,
  XDP_TRANSMIT_RING,
} from "../../assembly/layout/xdp.ts";
import { check } from "./errno.ts";
import { hostBase, mapDescriptor, PAGE_SIZE } from "./host-memory.ts";
import { setSocketOption, trySocketOption } from "./socket-option.ts";
import { addressOf, argument, bind, close, getsockopt, setsockopt, socket } from "./system-calls.ts";

const AF_XDP = 44;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const XDP_RX_RING = 2;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_STATISTICS = 7;
/** Frames that one call sends, 32 without it; kernels before 6.17 do not know it. */
const XDP_MAX_TX_SKB_BUDGET = 9;
const XDP_COPY = 2;

/** struct xdp_umem_reg, sockaddr_xdp, xdp_mmap_offsets, xdp_statistics. */
const UMEM_SIZE = 32;
const ADDRESS_SIZE = 16;
const OFFSETS_SIZE = 128;
const RING_OFFSETS_SIZE = 32;
const STATISTICS_SIZE = 48;

const SEND_BUFFER = 8 << 20;
const DESCRIPTOR_BYTES = 16;
const ADDRESS_BYTES = 8;

/** In the order of struct xdp_mmap_offsets. `producer`: in the window's record; consumer and descriptors follow it. */
const RINGS = [
  {
    option: XDP_RX_RING,
    what: "XDP_RX_RING",
    entries: XDP_RECEIVE_ENTRIES,
    bytes: DESCRIPTOR_BYTES,
    place: XDP_RECEIVE_RING,
    page: 0,
    producer: XDP_RECEIVE_PRODUCER,
    descriptors: XDP_RECEIVE_DESCRIPTORS,
  },
  {
    option: XDP_TX_RING,
    what: "XDP_TX_RING",
    entries: XDP_TRANSMIT_ENTRIES,
    bytes: DESCRIPTOR_BYTES,
    place: XDP_TRANSMIT_RING,
    page: 0x8000_0000,
    producer: XDP_TRANSMIT_PRODUCER,
    descriptors: XDP_TRANSMIT_DESCRIPTORS,
  },
  {
    option: XDP_UMEM_FILL_RING,
    what: "XDP_UMEM_FILL_RING",
    entries: XDP_FILL_ENTRIES,
    bytes: ADDRESS_BYTES,
    place: XDP_FILL_RING,
    page: 0x1_0000_0000,
    producer: XDP_FILL_PRODUCER,
    descriptors: XDP_FILL_DESCRIPTORS,
  },
  {
    option: XDP_UMEM_COMPLETION_RING,
    what: "XDP_UMEM_COMPLETION_RING",
    entries: XDP_TRANSMIT_ENTRIES,
    bytes: ADDRESS_BYTES,
    place: XDP_COMPLETION_RING,
    page: 0x1_8000_0000,
    producer: XDP_COMPLETION_PRODUCER,
    descriptors: XDP_COMPLETION_DESCRIPTORS,
  },
] as const;

/** A socket on the interface, all of its memory in the window. @throws SystemCallError saying what the kernel refused. */
export function openXdpSocket(memory: WebAssembly.Memory, window: number, index: number): number {
  const descriptor = check(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), "socket of family AF_XDP");
  try {
    registerFrames(descriptor, hostBase(memory) + window + XDP_FRAMES);
    for (const { option, entries, what } of RINGS) setSocketOption(descriptor, SOL_XDP, option, entries, what);
    mapRings(memory, window, descriptor);
    prepareChunks(new DataView(memory.buffer), window);
    setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER, "SO_SNDBUFFORCE");
    trySocketOption(descriptor, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, XDP_TRANSMIT_ENTRIES);
    const address = argument(ADDRESS_SIZE);
    address.writeUInt16LE(AF_XDP, 0);
    address.writeUInt16LE(XDP_COPY, 2);
    address.writeUInt32LE(index, 4);
    check(bind(descriptor, addressOf(address), ADDRESS_SIZE), `bind of an AF_XDP socket to interface ${index}`);
    return descriptor;
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/** Frames that the socket had no room for, so far. */
export function xdpDrops(descriptor: number): number {
  const statistics = argument(STATISTICS_SIZE);
  const length = argument(4);
  length.writeUInt32LE(STATISTICS_SIZE);
  if (getsockopt(descriptor, SOL_XDP, XDP_STATISTICS, addressOf(statistics), addressOf(length)) < 0) return 0;
  return Number(statistics.readBigUInt64LE(0) + statistics.readBigUInt64LE(24)); // rx_dropped, rx_ring_full
}

function registerFrames(descriptor: number, address: number): void {
  const registration = argument(UMEM_SIZE);
  registration.writeBigUInt64LE(BigInt(address), 0);
  registration.writeBigUInt64LE(BigInt(XDP_FRAMES_BYTES), 8);
  registration.writeUInt32LE(XDP_CHUNK_SIZE, 16);
  check(setsockopt(descriptor, SOL_XDP, XDP_UMEM_REG, addressOf(registration), UMEM_SIZE), "XDP_UMEM_REG");
}

function mapRings(memory: WebAssembly.Memory, window: number, descriptor: number): void {
  const offsets = argument(OFFSETS_SIZE);
  const length = argument(4);
  length.writeUInt32LE(OFFSETS_SIZE);
  check(getsockopt(descriptor, SOL_XDP, XDP_MMAP_OFFSETS, addressOf(offsets), addressOf(length)), "XDP_MMAP_OFFSETS");
  const record = new DataView(memory.buffer, window);
  RINGS.forEach(({ entries, bytes, place, page, producer, descriptors }, i) => {
    const [producerOffset, consumerOffset, descriptorsOffset] = [0, 8, 16].map((at) =>
      Number(offsets.readBigUInt64LE(i * RING_OFFSETS_SIZE + at)),
    );
    const size = Math.ceil((descriptorsOffset + entries * bytes) / PAGE_SIZE) * PAGE_SIZE;
    mapDescriptor(memory, window + place, size, descriptor, page);
    record.setUint32(producer, window + place + producerOffset, true);
    record.setUint32(producer + 4, window + place + consumerOffset, true);
    record.setUint32(descriptors, window + place + descriptorsOffset, true);
  });
}

/** All chunks to receive into are the kernel's, all others free to send from. */
function prepareChunks(view: DataView, window: number): void {
  const fill = view.getUint32(window + XDP_FILL_DESCRIPTORS, true);
  for (let i = 0; i < XDP_RECEIVE_CHUNKS; i++) {
    view.setBigUint64(fill + i * ADDRESS_BYTES, BigInt(i * XDP_CHUNK_SIZE), true);
  }
  view.setUint32(view.getUint32(window + XDP_FILL_PRODUCER, true), XDP_RECEIVE_CHUNKS, true);
  for (let i = 0; i < XDP_TRANSMIT_ENTRIES; i++) {
    view.setUint32(window + XDP_FREE_CHUNKS + i * 4, (XDP_RECEIVE_CHUNKS + i) * XDP_CHUNK_SIZE, true);
  }
  view.setUint32(window + XDP_FREE_COUNT, XDP_TRANSMIT_ENTRIES, true);
}
