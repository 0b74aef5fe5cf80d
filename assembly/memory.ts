/**
 * The map of linear memory: which region starts where, and how much room there is.
 *
 * What: one shared WebAssembly.Memory of MEMORY_PAGES pages, initial == maximum. Addresses are compile-time constants, so
 *   that the fast path addresses its tables with immediates. Untouched pages cost no RAM: sizes here are limits, not budgets.
 * Invariants: regions do not overlap and start on 64 KiB; address 0 is never valid ("none").
 *   asc places no data segments (no strings, no static arrays), so the first pages stay free.
 */
import { KEY_STRIDE } from "./layout/key.ts";
import { BUFFER_SIZE, CACHE_ENTRIES, CONNECTION_SIZE, MAX_MASKS, MAX_METERS, MAX_PORTS, PACKET_SLOTS } from "./layout/limits.ts";
import { MASK_SIZE } from "./layout/mask.ts";
import { METER_SIZE } from "./layout/meter.ts";
import { OFFLOAD_SIZE, SLOTS, SLOT_SIZE } from "./layout/offload.ts";
import { CLONE_HEAD_SIZE, PACKET_SIZE } from "./layout/packet.ts";
import { PORT_SIZE } from "./layout/port.ts";
import { MAX_TUNNELS } from "./layout/tunnel.ts";
import { SHARE_SIZE } from "./layout/upcall-share.ts";

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;

/** Pages of 64 KiB: 2 GiB. */
export const MEMORY_PAGES = 32768;

export const CONTROL_BASE: usize = 64 * KIB;
export const COUNTERS_BASE: usize = 128 * KIB;
export const PORTS_BASE: usize = 192 * KIB; // MAX_PORTS * PORT_SIZE, index = port number
export const PACKETS_BASE: usize = PORTS_BASE + MAX_PORTS * PORT_SIZE; // PACKET_SLOTS records
export const KEYS_BASE: usize = PACKETS_BASE + PACKET_SLOTS * PACKET_SIZE; // one key per packet record
export const CRC32C_TABLES_BASE: usize = 2 * MIB - 64 * KIB; // packet/crc32c.ts: 4 tables of 256 u32
export const SCRATCH_BASE: usize = 2 * MIB; // worker's stack of small temporaries
export const SCRATCH_SIZE: usize = 1 * MIB;
export const IO_BASE: usize = 3 * MIB; // kernel/: epoll events, sockaddrs, ioctl arguments of the worker
export const IO_SIZE: usize = 1 * MIB;
export const UPCALL_RING_BASE: usize = 4 * MIB;
export const UPCALL_RING_BYTES: usize = 8 * MIB; // data bytes, a power of two; the ring's header precedes them
export const UPCALL_SHARES_BASE: usize = 12 * MIB + 64 * KIB; // MAX_PORTS + 1 of SHARE_SIZE, index = port number
export const COMMAND_RING_BASE: usize = 13 * MIB;
export const COMMAND_RING_BYTES: usize = 8 * MIB;
export const CACHE_BASE: usize = 22 * MIB; // CACHE_ENTRIES * 8
export const MASKS_BASE: usize = 24 * MIB; // MAX_MASKS * MASK_SIZE
export const METERS_HEADER_BASE: usize = 28 * MIB; // header (layout/region.ts), then the meters
export const METERS_BASE: usize = METERS_HEADER_BASE + 64 * KIB; // MAX_METERS * METER_SIZE
export const CLONE_HEADS_BASE: usize = 48 * MIB + 64 * KIB; // PACKET_SLOTS * CLONE_HEAD_STRIDE
export const CLONE_HEAD_STRIDE: usize = 128 + CLONE_HEAD_SIZE;
export const PIPELINE_BASE: usize = 49 * MIB; // worker's lists of the packets of one pass
export const PIPELINE_SIZE: usize = 512 * KIB;
export const GENEVE_OPTIONS_BASE: usize = PIPELINE_BASE + PIPELINE_SIZE; // main's: the TLV map
export const GENEVE_OPTIONS_SIZE: usize = 64 * KIB;
export const BUFFERS_BASE: usize = 50 * MIB; // receive buffers of ports without a ring, segmentation, reassembly output
export const BUFFERS_COUNT = 256;
export const TRANSMIT_BASE: usize = 68 * MIB; // MAX_PORTS * TRANSMIT_STRIDE: mmsghdr[TX_QUEUE], iovec[TX_QUEUE][2]
export const TRANSMIT_STRIDE = 8192;
export const TUNNELS_BASE: usize = 76 * MIB; // MAX_TUNNELS of TUNNEL_STRIDE
export const TUNNEL_STRIDE: usize = 128 * KIB;
export const TUNNEL_ARRIVALS_BASE: usize = 78 * MIB; // datagrams that tunnel sockets received: addresses and control messages
export const TUNNEL_ARRIVALS_SIZE: usize = 64 * KIB;
export const SUBTABLES_BASE: usize = 80 * MIB; // worker's: hash tables of the megaflow tables
export const SUBTABLES_SIZE: usize = 48 * MIB;
export const ARENA_HEADER_BASE: usize = 128 * MIB; // header (layout/region.ts), then the arena
export const ARENA_BASE: usize = ARENA_HEADER_BASE + 64 * KIB; // main's: flow records, programs, bucket counters (src/fastpath/arena.ts)
export const ARENA_SIZE: usize = 384 * MIB - 64 * KIB;
export const FRAGMENTS_BASE: usize = 512 * MIB; // conntrack: fragments held for reassembly
export const FRAGMENTS_SIZE: usize = 64 * MIB;
export const CONNTRACK_BASE: usize = 576 * MIB; // header, hash buckets, zone limits, expectations
export const CONNTRACK_SIZE: usize = 64 * MIB;
export const CONNECTIONS_BASE: usize = 640 * MIB; // MAX_CONNECTIONS * CONNECTION_SIZE
export const MAX_CONNECTIONS = 1048576;
export const OFFLOAD_SLOTS_BASE: usize = 896 * MIB; // SLOTS of SLOT_SIZE, shared with the kernel (src/fastpath/kernel-offload.ts)
export const OFFLOAD_BASE: usize = 912 * MIB; // worker's: what belongs to the slots (layout/offload.ts)
export const WINDOWS_BASE: usize = 1024 * MIB; // port rings, mapped by the kernel (src/kernel)
export const WINDOWS_SIZE: usize = 1024 * MIB;

/** Ends of the fixed tables, for the test that proves that no two regions overlap. */
export const KEYS_END: usize = KEYS_BASE + PACKET_SLOTS * KEY_STRIDE;
export const UPCALL_SHARES_END: usize = UPCALL_SHARES_BASE + (MAX_PORTS + 1) * SHARE_SIZE;
export const CACHE_END: usize = CACHE_BASE + CACHE_ENTRIES * 8;
export const MASKS_END: usize = MASKS_BASE + MAX_MASKS * MASK_SIZE;
export const METERS_END: usize = METERS_BASE + MAX_METERS * METER_SIZE;
export const CLONE_HEADS_END: usize = CLONE_HEADS_BASE + CLONE_HEAD_STRIDE * PACKET_SLOTS;
export const BUFFERS_END: usize = BUFFERS_BASE + BUFFERS_COUNT * BUFFER_SIZE;
export const TRANSMIT_END: usize = TRANSMIT_BASE + MAX_PORTS * TRANSMIT_STRIDE;
export const TUNNELS_END: usize = TUNNELS_BASE + TUNNEL_STRIDE * MAX_TUNNELS;
export const OFFLOAD_SLOTS_END: usize = OFFLOAD_SLOTS_BASE + SLOTS * SLOT_SIZE;
export const OFFLOAD_END: usize = OFFLOAD_BASE + OFFLOAD_SIZE;
export const CONNECTIONS_END: usize = CONNECTIONS_BASE + MAX_CONNECTIONS * CONNECTION_SIZE;
