/**
 * Kernel offload: flows that the kernel forwards by itself.
 *
 * Slot, 128 bytes = two cache lines, in memory that two eBPF programs share with us (src/kernel/bpf/offload-programs.ts):
 *
 *   0 version in_ifindex            |   8 frame bytes 6..13 (eth_src eth_type)
 *  16 frame bytes 30..37 (nw_dst tp_src tp_dst)             | 24 frame bytes 26..29 (nw_src), 2..5
 *  32 frame bytes 0..1, 14..15 (IHL, tos), 22..23 (ttl, proto), max_length(u16)
 *  40 action: out_ifindex flags | 48 frame bytes 0..11 | 60 frame bytes 22..23, IPv4 checksum delta
 *  64         frame bytes 26..33 | 72 frame bytes 34..37, pseudo header delta | 80 ports delta, checksum place
 *  96 packets                       | 104 bytes             | 112 seq_end ack window
 *
 * What identifies a flow are the bytes of its frames; the action is what those bytes become. We write a slot and publish it by its
 * version; the programs count packets, bytes and TCP's progress in it.
 */
export const SLOT_VERSION = 0; // u32 0 = empty; else another number at each use of the slot, stored last
export const SLOT_IN_IFINDEX = 4; // u32
export const SLOT_BYTES_6 = 8; // 8 bytes: eth_src, eth_type
export const SLOT_BYTES_30 = 16; // 8 bytes: nw_dst, tp_src, tp_dst
export const SLOT_BYTES_26 = 24; // 4 bytes: nw_src
export const SLOT_BYTES_2 = 28; // 4 bytes of eth_dst
export const SLOT_BYTES_0 = 32; // 2 bytes of eth_dst
export const SLOT_BYTES_14 = 34; // 2 bytes: version and header length, tos
export const SLOT_BYTES_22 = 36; // 2 bytes: ttl, protocol
export const SLOT_MAX_LENGTH = 38; // u16 bytes of a frame that is not a super-packet
export const SLOT_ACTION = 40; // the rest up to SLOT_ACTION_END is copied as it is
export const SLOT_OUT_IFINDEX = 40; // u32
export const SLOT_FLAGS = 44; // u32 SLOT_FLAG_*
export const SLOT_NEW_BYTES_0 = 48; // 12 bytes: eth_dst, eth_src
export const SLOT_NEW_BYTES_22 = 60; // 2 bytes: ttl, protocol
export const SLOT_IP_DELTA = 62; // u16 one's complement sum to add to the complement of the IPv4 checksum
export const SLOT_NEW_BYTES_26 = 64; // 8 bytes: nw_src, nw_dst
export const SLOT_NEW_BYTES_34 = 72; // 4 bytes: tp_src, tp_dst
export const SLOT_PSEUDO_DELTA = 76; // u32 the same for the L4 checksum: what addresses add
export const SLOT_PORTS_DELTA = 80; // u32 what ports add
export const SLOT_CHECKSUM = 84; // u32 offset of the L4 checksum in the frame
export const SLOT_ACTION_END = 88;
export const SLOT_PACKETS = 96; // u64 (atomic)
export const SLOT_BYTES = 104; // u64 (atomic)
export const SLOT_SEQ_END = 112; // u32 host order: TCP sequence number after the furthest segment
export const SLOT_ACK = 116; // u32 host order: furthest acknowledgement
export const SLOT_WINDOW = 120; // u32 as the last segment said it, before scaling
export const SLOT_SIZE = 128;
export const SLOT_FLAG_IP = 1; // ttl or addresses change
export const SLOT_FLAG_TRANSPORT = 2; // addresses or ports change: the L4 checksum with them
export const SLOT_FLAG_UDP = 4; // a checksum of zero is none

/** The table: sets of two slots, SLOTS in all (8 MiB). */
export const SLOTS = 65536;
export const SLOT_SET_MASK = 65534; // of a slot's number: the first of its set
/**
 * Which set: x = bytes 30..37 + (bytes 26..29 | in_ifindex << 32) * SLOT_HASH_FACTOR; x ^= x >> 32; x *= OFFLOAD_FACTOR;
 * x >> SLOT_HASH_SHIFT. The interface is in it because one connection may come by several, on its way through routers or services.
 * (Said in TypeScript and in eBPF: assembly/offload/slots.ts, src/kernel/bpf/offload-programs.ts.)
 */
export const SLOT_HASH_SHIFT = 40;
export const SLOT_HASH_FACTOR = 0x9e3779b1;

/** Bytes of the frame that the kernel's program reads: Ethernet, IPv4 without options, TCP without options. */
export const OFFLOAD_HEADERS = 54;

/** The rest is the worker's, from OFFLOAD_BASE on: this header, then the tables. */
export const OFFLOAD_ON = 0; // u32 1 = known flows are given to the kernel
export const OFFLOAD_USED = 4; // u32 slots in use
export const OFFLOAD_FACTOR = 8; // u64 secret factor of the slots' hash, odd
export const OFFLOAD_WITHDRAW = 16; // u32 counts the main thread's wishes to have everything back (atomic)
export const OFFLOAD_WITHDRAWN = 20; // u32 how many of them are fulfilled (atomic)
export const OFFLOAD_NEXT = 24; // u32 place in the list of used slots where counting goes on
export const OFFLOAD_VERSION = 28; // u32 version given last
export const OFFLOAD_COUNTED_AT = 32; // u64 milliseconds: when counting went on last
export const OFFLOAD_SEARCHES = 40; // u32 searches for the slots of a flow since the last batch
export const OFFLOAD_NOTING = 44; // u32 1 = the paths of the batch at hand are noted
export const OFFLOAD_PATIENCE = 48; // u32 packets of a flow that come here before the kernel gets it
export const OFFLOAD_FORGOTTEN_AT = 56; // u64 milliseconds: when the packets seen were last forgotten
export const OFFLOAD_USED_TABLE = 0x1_0000; // u32[SLOTS] numbers of the slots in use
export const OFFLOAD_SEEN_TABLE = 0x6_0000; // u8[SLOTS] packets seen lately, by the hash of their flow
export const OFFLOAD_PATH_TABLE = 0x8_0000; // PATH_SIZE for each packet record
export const OFFLOAD_HOLDING_TABLE = 0x10_0000; // HOLDING_SIZE for each slot
export const OFFLOAD_SIZE = 0x90_0000;

/** Path: how a packet of the batch came through the fast path. */
export const PATH_HEADERS = 0; // the frame's first 64 bytes as they arrived
export const PATH_FLOWS = 64; // u32 megaflows passed
export const PATH_CONNECTIONS = 68; // u32 connections met
export const PATH_FLOW = 72; // u32[PATH_MOST_FLOWS]
export const PATH_CONNECTION = 104; // u32[PATH_MOST_CONNECTIONS] connection | direction
export const PATH_CHANGES = 120; // u32 sum of the connections' CONN_STATE, which counts changes of what they are, and of mark and label
export const PATH_SIZE = 128;
export const PATH_MOST_FLOWS = 8;
export const PATH_MOST_CONNECTIONS = 4;
/** Of PATH_FLOWS: not a path that the kernel could go. */
export const PATH_UNFIT = 255;

/** Holding: what a slot in use holds of the fast path's records, and what of its counts has been passed on to them. */
export const HOLDING_PLACE = 0; // u32 its place in the list of used slots
export const HOLDING_FLOWS = 4; // u32
export const HOLDING_CONNECTIONS = 8; // u32
export const HOLDING_IN_PORT = 12; // u16
export const HOLDING_OUT_PORT = 14; // u16
export const HOLDING_PACKETS = 16; // u64 counted so far
export const HOLDING_BYTES = 24; // u64
export const HOLDING_USED_AT = 32; // u64 milliseconds: when packets were last counted
export const HOLDING_FLOW = 40; // u32[PATH_MOST_FLOWS]
export const HOLDING_CONNECTION = 72; // u32[PATH_MOST_CONNECTIONS] connection | direction
export const HOLDING_NEXT = 88; // u32[PATH_MOST_CONNECTIONS] next link of that connection's slots: slot << 2 | place, plus 1
export const HOLDING_SIZE = 128;

/** FLOW_FITNESS: whether the kernel could do what a megaflow does. */
export const FITNESS_UNKNOWN = 0;
export const FITNESS_NONE = 1;
export const FITNESS_RECIRCULATES = 2; // tracks, edits, and looks up again
export const FITNESS_OUTPUTS = 3; // tracks, edits, and sends to one port
