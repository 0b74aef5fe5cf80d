/**
 * Fragments region, from FRAGMENTS_BASE: header, datagrams in the making, slots with one fragment each.
 * A slot holds the packet record as it came, its key, and the frame in one piece with headroom.
 */
export const FRAG_ENABLED = 0; // u32[2] IPv4, IPv6
export const FRAG_MIN_SIZE = 8; // u32[2] bytes of L3
export const FRAG_LIMIT = 16; // u32 most fragments held
export const FRAG_COUNT = 20; // u32 fragments held
export const FRAG_SLOT_FREE = 24; // u32 first free slot
export const FRAG_SLOT_HIGH_WATER = 28; // u32
export const FRAG_SLOT_SPENT = 32; // u32 first slot whose frame may still wait for transmission
export const FRAG_DATAGRAM_FREE = 36; // u32
export const FRAG_DATAGRAM_HIGH_WATER = 40; // u32
export const FRAG_OLDEST = 44; // u32 datagram that expires first
export const FRAG_YOUNGEST = 48; // u32
export const FRAG_STATS = 64; // FRAG_STAT_COUNT u64 for IPv4, then for IPv6
export const FRAG_STAT_ACCEPTED = 0;
export const FRAG_STAT_COMPLETED = 1;
export const FRAG_STAT_EXPIRED = 2;
export const FRAG_STAT_TOO_SMALL = 3;
export const FRAG_STAT_OVERLAP = 4;
export const FRAG_STAT_COUNT = 5;
export const FRAG_CHAINS = 0x1000; // u32 first datagram, FRAG_DATAGRAMS of them
export const FRAG_DATAGRAM_TABLE = 0x4000; // FRAG_DATAGRAM_SIZE * FRAG_DATAGRAMS
export const FRAG_WHOLE = 0x4_0000; // packet record, key and frame of the datagram put together
export const FRAG_SLOT_TABLE = 0x10_0000; // FRAG_SLOT_SIZE * FRAG_SLOTS
export const FRAG_DATAGRAMS = 1024; // a power of two
export const FRAG_DATAGRAM_NEXT = 0; // u32 chain, or free list
export const FRAG_DATAGRAM_KEY = 4; // u32 as CONN_KEY
export const FRAG_DATAGRAM_ID = 8; // u32 identification, network order
export const FRAG_DATAGRAM_RECIRC = 12; // u32 recirculation id of the fragments
export const FRAG_DATAGRAM_FIRST = 16; // u32 slot with the lowest offset
export const FRAG_DATAGRAM_COUNT = 20; // u32 fragments
export const FRAG_DATAGRAM_BYTES = 24; // u32 payload bytes so far
export const FRAG_DATAGRAM_TOTAL = 28; // u32 payload bytes in all, 0 = the last fragment has not come
export const FRAG_DATAGRAM_EXPIRES = 32; // u64 milliseconds
export const FRAG_DATAGRAM_OLDER = 40; // u32
export const FRAG_DATAGRAM_YOUNGER = 44; // u32
export const FRAG_DATAGRAM_ADDRESSES = 48; // 32 bytes: source, destination (IPv4 in the first four of each half)
export const FRAG_DATAGRAM_SIZE = 128;
export const FRAG_SLOT_NEXT = 0; // u32 next of the datagram by offset, or of the free or spent list
export const FRAG_SLOT_START = 4; // u32 offset of its payload in the datagram's
export const FRAG_SLOT_END = 8; // u32 one past its last byte
export const FRAG_SLOT_HEADER = 12; // u32 bytes of frame before the payload
export const FRAG_SLOT_NEXT_HEADER = 16; // u32 offset in the frame of the byte that announces IPv6's fragment header
export const FRAG_SLOT_RECORD = 64; // PACKET_SIZE
export const FRAG_SLOT_KEY = 192; // KEY_STRIDE
export const FRAG_SLOT_FRAME = 1024; // frame, with the bytes from the key's end on as headroom
export const FRAG_SLOT_SIZE = 69632; // 68 KiB
export const FRAG_SLOTS = 944;
export const FRAG_MAX_PER_DATAGRAM = 64;
