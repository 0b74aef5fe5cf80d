/**
 * Every record that lives in linear memory: field, offset, size, meaning.
 *
 * What: plain constants, compiled by asc (the fast path) AND by tsc (everything else); no other file writes an
 *   offset, an opcode, a flag or a limit of these records down again.
 * Invariants: no imports, no strings, no code. Offsets are in bytes from the start of the record. Addresses stored
 *   in records are offsets into linear memory (u32, 0 = none), never host addresses, unless the comment says so.
 * Byte order: a flow key is in network byte order throughout (every field is a big-endian bit string), so that the
 *   fast path copies packet bytes into it unchanged and the slow path can treat any run of bits alike.
 *   All other records are little-endian, as WebAssembly is.
 */

/** Changes whenever a layout below changes; stored in every long-lived region's header. */
export const LAYOUT_VERSION = 1;

// ---------------------------------------------------------------------------------------------------------------
// Flow key: 52 words of 64 bits, ordered metadata | L2 | L3 | L4 | less common.  Words 0..7 (one cache line) hold
// everything that an untracked or tracked IPv4 packet usually needs; a packet's key extent (PACKET_KEY_EXTENT)
// says how many bytes from 0 on may be non-zero.
//
//   0 recirc_id      in_port        | 8 dp_hash   ct_mark     | 16 ct_state ct_zone pkt_mark
//  24 eth_dst(6) eth_src(6) eth_type(2) nw_frag(1) nw_proto(1)| 40 tpid0 tci0 tpid1 tci1
//  48 nw_src         nw_dst         | 56 nw_tos nw_ttl tcp_flags tp_src tp_dst
//  64 ct_label(16)                  | 80 ct_nw_src ct_nw_dst ct_tp_src ct_tp_dst ct_nw_proto
//  96 arp_sha(6) arp_tha(6) nd_reserved | 112 ipv6_src(16) ipv6_dst(16) ipv6_label nd_options_type
// 152 nd_target(16) | 168 ct_ipv6_src(16) ct_ipv6_dst(16) | 200 skb_priority mpls_lse[3]
// 216 tunnel: tun_id tun_src tun_dst tun_ipv6_src tun_ipv6_dst flags tos ttl tp_src tp_dst gbp metadata(128)
// ---------------------------------------------------------------------------------------------------------------
export const KEY_RECIRC_ID = 0; // u32
export const KEY_IN_PORT = 4; // u32, datapath port number
export const KEY_DP_HASH = 8; // u32, 0 = not computed
export const KEY_CT_MARK = 12; // u32
export const KEY_CT_STATE = 16; // u16, CT_STATE_*
export const KEY_CT_ZONE = 18; // u16
export const KEY_PKT_MARK = 20; // u32
export const KEY_ETH_DST = 24; // 6 bytes
export const KEY_ETH_SRC = 30; // 6 bytes
export const KEY_ETH_TYPE = 36; // u16, innermost; 0x05ff for 802.2 without SNAP
export const KEY_NW_FRAG = 38; // u8, NW_FRAG_*
export const KEY_NW_PROTO = 39; // u8, IP protocol, or the low byte of the ARP opcode
export const KEY_VLAN_TPID0 = 40; // u16, outer tag
export const KEY_VLAN_TCI0 = 42; // u16, with VLAN_CFI set when the tag is there
export const KEY_VLAN_TPID1 = 44; // u16, inner tag
export const KEY_VLAN_TCI1 = 46; // u16
export const KEY_NW_SRC = 48; // IPv4 source, or ARP sender protocol address
export const KEY_NW_DST = 52; // IPv4 destination, or ARP target protocol address
export const KEY_NW_TOS = 56; // u8, DSCP and ECN (IPv6: traffic class)
export const KEY_NW_TTL = 57; // u8 (IPv6: hop limit)
export const KEY_TCP_FLAGS = 58; // u16, 12 bits used
export const KEY_TP_SRC = 60; // u16, port; ICMP type for ICMP and ICMPv6
export const KEY_TP_DST = 62; // u16, port; ICMP code
export const KEY_CT_LABEL = 64; // 16 bytes
export const KEY_CT_NW_SRC = 80; // original direction tuple of the connection
export const KEY_CT_NW_DST = 84;
export const KEY_CT_TP_SRC = 88; // u16
export const KEY_CT_TP_DST = 90; // u16
export const KEY_CT_NW_PROTO = 92; // u8; 93..95 zero
export const KEY_ARP_SHA = 96; // 6 bytes; ND: source link-layer address (nd_sll)
export const KEY_ARP_THA = 102; // 6 bytes; ND: target link-layer address (nd_tll)
export const KEY_ND_RESERVED = 108; // u32
export const KEY_IPV6_SRC = 112; // 16 bytes
export const KEY_IPV6_DST = 128; // 16 bytes
export const KEY_IPV6_LABEL = 144; // u32, 20 bits used
export const KEY_ND_OPTIONS_TYPE = 148; // u8; 149..151 zero
export const KEY_ND_TARGET = 152; // 16 bytes
export const KEY_CT_IPV6_SRC = 168; // 16 bytes
export const KEY_CT_IPV6_DST = 184; // 16 bytes
export const KEY_SKB_PRIORITY = 200; // u32
export const KEY_MPLS_LSE0 = 204; // u32, outermost
export const KEY_MPLS_LSE1 = 208;
export const KEY_MPLS_LSE2 = 212;
export const KEY_TUN_ID = 216; // u64
export const KEY_TUN_SRC = 224; // u32
export const KEY_TUN_DST = 228; // u32
export const KEY_TUN_IPV6_SRC = 232; // 16 bytes
export const KEY_TUN_IPV6_DST = 248; // 16 bytes
export const KEY_TUN_FLAGS = 264; // u16, TUN_FLAG_*
export const KEY_TUN_TOS = 266; // u8
export const KEY_TUN_TTL = 267; // u8
export const KEY_TUN_TP_SRC = 268; // u16
export const KEY_TUN_TP_DST = 270; // u16
export const KEY_TUN_GBP_ID = 272; // u16
export const KEY_TUN_GBP_FLAGS = 274; // u8; 275..279 zero
export const KEY_TUN_METADATA_PRESENT = 280; // u64, bit n = tun_metadata n is there
export const KEY_TUN_METADATA = 288; // 128 bytes, options in the order of the TLV map
export const KEY_SIZE = 416;
/** Room between two keys in an array of keys: whole cache lines. */
export const KEY_STRIDE = 448;
export const KEY_WORDS = 52;
export const KEY_BLOCKS = 26;
/** Extents: bytes from 0 on that may be non-zero. */
export const KEY_EXTENT_IPV4 = 64;
export const KEY_EXTENT_CT4 = 96;
export const KEY_EXTENT_ARP = 112;
export const KEY_EXTENT_IPV6 = 168;
export const KEY_EXTENT_CT6 = 200;
export const KEY_EXTENT_MPLS = 216;

export const VLAN_CFI = 0x1000; // "tag present" in KEY_VLAN_TCI*
export const NW_FRAG_ANY = 1; // any fragment
export const NW_FRAG_LATER = 2; // not the first fragment: no L4 header
export const TUN_FLAG_DF = 1;
export const TUN_FLAG_CSUM = 2;
export const TUN_FLAG_KEY = 4;
export const TUN_FLAG_OAM = 8;

export const CT_STATE_NEW = 0x01;
export const CT_STATE_ESTABLISHED = 0x02;
export const CT_STATE_RELATED = 0x04;
export const CT_STATE_REPLY = 0x08;
export const CT_STATE_INVALID = 0x10;
export const CT_STATE_TRACKED = 0x20;
export const CT_STATE_SNAT = 0x40;
export const CT_STATE_DNAT = 0x80;

// ---------------------------------------------------------------------------------------------------------------
// Packet record: 128 bytes.  The frame is `length` bytes; the first `head_length` of them are contiguous at `data`,
// the rest (a clone shares it with its original) at `payload`.  Headers up to and including L4 are always in the head.
// ---------------------------------------------------------------------------------------------------------------
export const PACKET_DATA = 0; // u32 address of the Ethernet header
export const PACKET_LENGTH = 4; // u32 bytes of the frame
export const PACKET_HEAD_LENGTH = 8; // u32 contiguous bytes at PACKET_DATA
export const PACKET_PAYLOAD = 12; // u32 address of the rest, 0 when head_length == length
export const PACKET_HEADROOM = 16; // u32 writable bytes before PACKET_DATA (>= PACKET_MIN_HEADROOM on arrival)
export const PACKET_KEY = 20; // u32 address of this packet's flow key
export const PACKET_KEY_EXTENT = 24; // u32 KEY_EXTENT_* or KEY_SIZE
export const PACKET_L3 = 28; // u16 offset from data; 0 = none
export const PACKET_L4 = 30; // u16 offset from data; 0 = none (later fragment, torn, unknown)
export const PACKET_L7 = 32; // u16 offset of the L4 payload; 0 = none
export const PACKET_FLAGS = 34; // u16 PACKET_FLAG_*
export const PACKET_IN_PORT = 36; // u32 datapath port number (host order)
export const PACKET_DEPTH = 40; // u32 recirculation depth
export const PACKET_RSS_HASH = 44; // u32 5-tuple hash of the packet as received
export const PACKET_CONNECTION = 48; // u32 address of the connection record of the last ct action, 0 = none
export const PACKET_TRUNC = 52; // u32 maximum length of the next output, 0 = whole
/** The virtio-net header as it came (struct virtio_net_hdr, little-endian, 10 bytes), kept in step with edits. */
export const PACKET_VNET_FLAGS = 56; // u8 VNET_F_*
export const PACKET_GSO_TYPE = 57; // u8 VNET_GSO_*
export const PACKET_HDR_LEN = 58; // u16
export const PACKET_GSO_SIZE = 60; // u16
export const PACKET_CSUM_START = 62; // u16 offset from data
export const PACKET_CSUM_OFFSET = 64; // u16 offset from csum_start
export const PACKET_BUCKET = 68; // u32 address of the select bucket's counters the packet runs in, 0 = none
export const PACKET_FLOW = 72; // u32 address of the megaflow record of this pass
export const PACKET_BATCH_NEXT = 76; // u32 scratch of the pipeline
export const PACKET_L3_LENGTH = 80; // u32 bytes of the L3 packet without Ethernet padding
export const PACKET_L3_END = 84; // u16 offset past the IP header and its extensions, 0 = no IP or torn at L3
export const PACKET_SIZE = 128;

export const PACKET_FLAG_CSUM_BAD_L3 = 1; // IPv4 header checksum wrong
export const PACKET_FLAG_CLONE = 2; // shares its payload with another record
export const PACKET_FLAG_TORN = 4; // a header announced more bytes than the frame has
export const PACKET_FLAG_FROM_SLOWPATH = 16; // executed on behalf of the slow path
export const PACKET_FLAG_REASSEMBLED = 32; // was put together from IP fragments

export const VNET_F_NEEDS_CSUM = 1; // L4 checksum not filled in: csum_start/csum_offset say where
export const VNET_F_DATA_VALID = 2; // L4 checksum was verified
export const VNET_GSO_NONE = 0;
export const VNET_GSO_TCPV4 = 1;
export const VNET_GSO_UDP = 3; // UFO (fragmentation), legacy
export const VNET_GSO_TCPV6 = 4;
export const VNET_GSO_UDP_L4 = 5; // USO
export const VNET_GSO_ECN = 0x80;
export const VNET_HEADER_SIZE = 10;

/** Bytes kept writable before every received frame: virtio-net header, two VLAN tags, a tunnel header. */
export const PACKET_MIN_HEADROOM = 128;
/** Bytes a clone copies; headers never reach further (2 tags + IPv6 with extensions + TCP options are cut there). */
export const CLONE_HEAD_SIZE = 256;
/**
 * Bytes from L3 on that the parser looks at: what lies further counts as torn. With L2 it stays under CLONE_HEAD_SIZE by
 * 34 bytes, so that pushing tags or labels moves no header out of a clone's head.
 */
export const L3_HEADERS_LIMIT = 192;

// ---------------------------------------------------------------------------------------------------------------
// Megaflow record: 64-byte header + packed key blocks.  Written by the main thread, published by FLOW_STATE (last,
// atomically), linked and counted by the worker.
// ---------------------------------------------------------------------------------------------------------------
export const FLOW_STATE = 0; // u32 FLOW_STATE_*
export const FLOW_MASK = 4; // u32 address of the mask record
export const FLOW_PROGRAM = 8; // u32 address of the action program (u32 byte length first, then the program)
export const FLOW_HASH = 12; // u32 hash of the packed words (worker)
export const FLOW_PACKETS = 16; // u64
export const FLOW_BYTES = 24; // u64
export const FLOW_USED = 32; // u64 milliseconds of CLOCK_MONOTONIC of the last packet, 0 = never
export const FLOW_TCP_FLAGS = 40; // u32, ored
export const FLOW_ID = 44; // u32 the main thread's handle
export const FLOW_GENERATION = 48; // u32 counts reuses of this record, so that a stale cache entry is noticed
export const FLOW_KEY = 64; // masked key: 16 bytes for each block that the mask record lists, in its order
export const FLOW_HEADER_SIZE = 64;
export const FLOW_STATE_FREE = 0;
export const FLOW_STATE_LIVE = 1;
export const FLOW_STATE_DEAD = 2;

// Mask record: which 16-byte blocks of the key a megaflow table looks at (two words: one SIMD register). The first
// MASK_WHOLE_BLOCKS blocks (one cache line) are always listed, also where the mask is zero, so that comparing an IPv4 packet
// with a flow is four loads without a loop; a flow of one to four blocks takes two lines in any case.
export const MASK_WHOLE_BLOCKS = 4;
export const MASK_BLOCK_COUNT = 0; // u32 n
export const MASK_EXTENT = 4; // u32 bytes of key the mask reaches: a packet with a shorter extent has zeros there
export const MASK_TABLE = 8; // u32 worker's: address of this mask's megaflow table, 0 = none yet
export const MASK_FLOWS = 12; // u32 worker's: flows in the table
export const MASK_INDEX = 16; // u32 main's
export const MASK_LAST_BUCKET = 20; // u32 worker's: buckets of the table - 1
export const MASK_HITS = 24; // u64 worker's
export const MASK_BLOCK_INDEX = 32; // u8[26] block numbers (offset in the key / 16), ascending
export const MASK_HASHED_COUNT = 60; // u32 blocks that are not zero
export const MASK_HASHED = 64; // u8[26] their places in the two lists
export const MASK_BLOCKS = 96; // 16 bytes [26] mask blocks, packed in the same order
export const MASK_SIZE = 512;

// ---------------------------------------------------------------------------------------------------------------
// Action programs.  A program is a sequence of instructions, each 4-byte aligned:
//   u16 opcode | u16 zero | u32 length of the whole instruction in bytes | arguments
// Values of header fields are in network byte order, as in the flow key; everything else little-endian.
// An instruction with a nested program holds it inline as the last argument (length from the header).
// ---------------------------------------------------------------------------------------------------------------
export const OP_OPCODE = 0; // u16
export const OP_LENGTH = 4; // u32 bytes of the instruction, header included (multiple of 4)
export const OP_HEADER_SIZE = 8;

export const OP_OUTPUT = 1; // +8 u32 port
export const OP_USERSPACE = 2; // +8 u32 UPCALL_* reason, +12 u32 argument, +16 u64 cookie
export const OP_SET_ETHERNET = 3; // +8 dst6 src6, +20 mask of both (12)
export const OP_SET_IPV4 = 4; // +8 src4 dst4 tos1 ttl1 pad2, +20 mask (12)
export const OP_SET_IPV6 = 5; // +8 src16 dst16 label4 tos1 ttl1 pad2, +48 mask (40)
export const OP_SET_TRANSPORT = 6; // +8 tp_src2 tp_dst2, +12 mask (4); TCP, UDP, SCTP by the packet's protocol
export const OP_SET_ICMP = 7; // +8 type1 code1 pad2, +12 mask (4); ICMP or ICMPv6 by the packet
export const OP_SET_ARP = 8; // +8 spa4 tpa4 sha6 tha6 op2 pad2, +32 mask (24)
export const OP_SET_ND = 9; // +8 target16 sll6 tll6 reserved4 options_type1 pad3, +44 mask (36)
export const OP_SET_VLAN = 10; // +8 tpid2 tci2, +12 mask (4): the outer tag in place
export const OP_PUSH_VLAN = 11; // +8 tpid2 tci2 (tci with VLAN_CFI)
export const OP_POP_VLAN = 12;
export const OP_SET_METADATA = 13; // +8 skb_priority4 pkt_mark4, +16 mask (8)
export const OP_SET_TUNNEL = 14; // +8 key bytes KEY_TUN_ID..KEY_SIZE (200), +208 mask (200): metadata of the next tunnel output
export const OP_CT = 15; // see OP_CT_*
export const OP_CT_CLEAR = 16;
export const OP_HASH = 17; // +8 u32 HASH_*, +12 u32 basis: sets dp_hash
export const OP_RECIRC = 18; // +8 u32 recirc_id (host order)
export const OP_SELECT = 19; // see OP_SELECT_*
export const OP_SAMPLE = 20; // +8 u32 probability of 2^32-1, +12 nested program
export const OP_CLONE = 21; // +8 nested program
export const OP_TRUNC = 22; // +8 u32 bytes, the next output only
export const OP_CHECK_PKT_LEN = 23; // +8 u32 length, +12 u32 bytes of the "greater" program, then both programs
export const OP_METER = 24; // +8 u32 meter index
export const OP_TUNNEL_PUSH = 25; // +8 u32 out port, +12 u32 header bytes, +16 u32 TUNNEL_*, +20 header (Ethernet to tunnel)
export const OP_TUNNEL_POP = 26; // +8 u32 vport, +12 u32 TUNNEL_*: decapsulate and look up again with in_port = vport
export const TUNNEL_GENEVE = 1;
export const TUNNEL_VXLAN = 2;
export const OP_DROP = 27; // +8 u32 DROP_* reason
export const OP_PUSH_MPLS = 28; // +8 ethertype2 pad2 lse4
export const OP_POP_MPLS = 29; // +8 ethertype2 pad2
export const OP_SET_MPLS = 30; // +8 lse4, +12 mask (4)

/** OP_CT arguments, from the start of the instruction. */
export const OP_CT_FLAGS = 8; // u32 CT_FLAG_*
export const OP_CT_ZONE = 12; // u16
export const OP_CT_TIMEOUT_POLICY = 14; // u16, 0 = default
export const OP_CT_MARK = 16; // u32 network order
export const OP_CT_MARK_MASK = 20; // u32 network order
export const OP_CT_LABEL = 24; // 16 bytes
export const OP_CT_LABEL_MASK = 40; // 16 bytes
export const OP_CT_NAT_FLAGS = 56; // u32 NAT_FLAG_*
export const OP_CT_NAT_PORT_MIN = 60; // u16 host order, 0 = keep
export const OP_CT_NAT_PORT_MAX = 62; // u16
export const OP_CT_NAT_MIN = 64; // 16 bytes: IPv6, or IPv4 in the first four
export const OP_CT_NAT_MAX = 80; // 16 bytes
export const OP_CT_HELPER = 96; // u32 CT_HELPER_*
export const OP_CT_SIZE = 100;
export const CT_FLAG_COMMIT = 1;
export const CT_FLAG_FORCE = 2;
export const CT_FLAG_NAT = 4; // nat(...) present: translate established ones, set up for new ones when committing
export const CT_FLAG_MARK = 8; // mark/mask given
export const CT_FLAG_LABEL = 16;
export const NAT_FLAG_SRC = 1;
export const NAT_FLAG_DST = 2;
export const NAT_FLAG_PERSISTENT = 4;
export const NAT_FLAG_HASH = 8;
export const NAT_FLAG_RANDOM = 16;
export const NAT_FLAG_IPV6 = 32; // the address range is IPv6
export const NAT_FLAG_ADDRESS = 64; // an address range is given (otherwise ports only, or all-default)
export const NAT_FLAG_PORTS = 128; // a port range is given
export const CT_HELPER_NONE = 0;
export const CT_HELPER_FTP = 1;
export const CT_HELPER_TFTP = 2;

/** OP_HASH and OP_SELECT: how dp_hash is made. */
export const HASH_L4 = 0; // hash_int(5-tuple hash of the packet as received, basis)
export const HASH_SYM_L4 = 1; // symmetric: both directions alike

/**
 * OP_SELECT: one pass over a select group.
 *   method dp_hash: hash as OP_HASH, slot = dp_hash & slot_mask, bucket = slots[slot]
 *   method fields:  basis = hash_uint64(param), hash_bytes over each field, then the highest of
 *                   (hash_int(bucket_id, basis) & 0xffff) * weight wins (ties: the later one)
 */
export const OP_SELECT_METHOD = 8; // u32 SELECT_*
export const OP_SELECT_BASIS = 12; // u32 dp_hash basis
export const OP_SELECT_ALG = 16; // u32 HASH_*
export const OP_SELECT_SLOT_MASK = 20; // u32 slots - 1
export const OP_SELECT_BUCKETS = 24; // u32 n
export const OP_SELECT_FIELDS = 28; // u32 m
export const OP_SELECT_PARAM = 32; // u64 selection_method_param
export const OP_SELECT_FLAGS = 40; // u32 SELECT_FLAG_*
export const OP_SELECT_TABLES = 44; // u16 slots[slot_mask + 1] padded to 4 (dp_hash) | fields[m] | buckets[n] | programs
export const SELECT_DP_HASH = 0;
export const SELECT_FIELDS = 1;
export const SELECT_FLAG_LAST = 1; // nothing follows the select: the bucket may edit the packet itself, no clone needed
/** fields[m]: u16 key offset, u16 bytes, u32 reserved, then the mask bytes padded to a multiple of 4. */
export const SELECT_FIELD_OFFSET = 0;
export const SELECT_FIELD_BYTES = 2;
export const SELECT_FIELD_MASK = 8;
/** buckets[n] */
export const SELECT_BUCKET_ID = 0; // u32
export const SELECT_BUCKET_WEIGHT = 4; // u32, 0 = dead (never chosen)
export const SELECT_BUCKET_PROGRAM = 8; // u32 offset from the start of the instruction
export const SELECT_BUCKET_PROGRAM_BYTES = 12; // u32
export const SELECT_BUCKET_COUNTERS = 16; // u32 address of a bucket counter record, 0 = none
export const SELECT_BUCKET_SIZE = 20;

/** Bucket counter record, 32 bytes; survives megaflows, owned by the group. */
export const BUCKET_PACKETS = 0; // u64
export const BUCKET_BYTES = 8; // u64
export const BUCKET_CONNECTIONS = 16; // u64 connections committed inside the bucket
export const BUCKET_COUNTERS_SIZE = 32;

// ---------------------------------------------------------------------------------------------------------------
// Conntrack.  One record per connection, 192 bytes = three cache lines: what look-up compares | state | IPv6.
//
//   0 state      key (zone u16 | protocol u8 | family u8)  |   8 chain_original  chain_reply
//  16 original:  src dst src_l4 dst_l4                     |  32 reply: src dst src_l4 dst_l4
//  48 expires                                              |  56 flags policy(u16) slot(u16)
//  64 peer[2]: seq_low seq_high max_window(u16) scale state|  88 mark skew
//  96 label(16)                                            | 112 timer_next timer_previous parent expectations
// 128 original IPv6: src(16) dst(16)                       | 160 reply IPv6: src(16) dst(16)
//
// A tuple is what a packet of that direction looks like on arrival.  src and dst hold the IPv4 address, or a 32-bit
// digest of the IPv6 address; *_l4 is the port (network order) or {icmp id u16, type u8, code u8}.
// ---------------------------------------------------------------------------------------------------------------
export const CONN_STATE = 0; // u32 CONN_STATE_* in the low two bits, changes counted in the others (atomic)
export const CONN_KEY = 4; // u32 zone | protocol << 16 | family << 24
export const CONN_ZONE = 4; // u16
export const CONN_PROTOCOL = 6; // u8
export const CONN_FAMILY = 7; // u8 4 or 6
export const CONN_CHAIN = 8; // u32[2] next of the hash chain by direction: record address | direction; free list
export const CONN_TUPLE = 16; // tuple[2], TUPLE_SIZE each: original, reply
export const CONN_EXPIRES = 48; // u64 milliseconds of CLOCK_MONOTONIC
export const CONN_FLAGS = 56; // u32 CONN_FLAG_*
export const CONN_POLICY = 60; // u16 timeout policy
export const CONN_TIMER_SLOT = 62; // u16 slot of the timing wheel
export const CONN_PEER = 64; // peer[2], PEER_SIZE each: who sent the original direction, who replies
export const CONN_PROTOCOL_STATE = 64; // u8 PSEUDO_STATE_* (not TCP), SCTP_STATE_*
export const CONN_VTAG = 68; // u32[2] SCTP: tag that packets of this direction carry, network order, 0 = unknown
export const CONN_MARK = 88; // u32 network order
export const CONN_SKEW = 92; // i32 bytes that address edits in an FTP control connection have added
export const CONN_LABEL = 96; // 16 bytes, network order
export const CONN_TIMER_NEXT = 112; // u32 record of the same wheel slot
export const CONN_TIMER_PREVIOUS = 116; // u32, 0 = first of its slot
export const CONN_PARENT = 120; // u32 expectation that this connection answered
export const CONN_EXPECTATIONS = 124; // u32 youngest expectation that this connection made
export const CONN_TUPLE6 = 128; // tuple6[2], TUPLE6_SIZE each
export const TUPLE_SRC = 0; // u32
export const TUPLE_DST = 4; // u32
export const TUPLE_SRC_L4 = 8; // u32 port u16, or icmp id u16 + type u8 + code u8
export const TUPLE_DST_L4 = 12; // u32
export const TUPLE_SIZE = 16;
export const TUPLE6_SIZE = 32; // src(16) dst(16)
export const PEER_SEQ_LOW = 0; // u32 highest sequence number sent
export const PEER_SEQ_HIGH = 4; // u32 highest the other end acknowledged, plus its window
export const PEER_MAX_WINDOW = 8; // u16 largest window before scaling
export const PEER_SCALE = 10; // u8 shift | PEER_SCALE_*
export const PEER_STATE = 11; // u8 TCP_STATE_*
export const PEER_SIZE = 12;
export const PEER_SCALE_KNOWN = 0x80;
export const PEER_SCALE_UNKNOWN = 0x40; // picked up in mid-stream
export const PEER_SCALE_SHIFT = 0x0f;

export const CONN_STATE_FREE = 0;
export const CONN_STATE_WRITING = 1;
export const CONN_STATE_LIVE = 2;
export const CONN_STATE_MASK = 3;
export const CONN_FLAG_SNAT = 1; // the original direction's source is translated
export const CONN_FLAG_DNAT = 2;
export const CONN_FLAG_TWO_CHAINS = 4; // the reply tuple is not the original reversed: linked a second time
export const CONN_FLAG_RELATED = 8; // answers an expectation (CONN_PARENT)
export const CONN_FLAG_FTP = 16; // control connection with this helper
export const CONN_FLAG_TFTP = 32;
export const CONN_FLAG_SKEW_REPLY = 64; // CONN_SKEW belongs to the reply direction

/** Order as `dpctl/dump-conntrack` numbers them; RFC 9293 §3.3.2 states of one end. */
export const TCP_STATE_CLOSED = 0;
export const TCP_STATE_LISTEN = 1;
export const TCP_STATE_SYN_SENT = 2;
export const TCP_STATE_SYN_RECV = 3;
export const TCP_STATE_ESTABLISHED = 4;
export const TCP_STATE_CLOSE_WAIT = 5;
export const TCP_STATE_FIN_WAIT_1 = 6;
export const TCP_STATE_CLOSING = 7;
export const TCP_STATE_LAST_ACK = 8;
export const TCP_STATE_FIN_WAIT_2 = 9;
export const TCP_STATE_TIME_WAIT = 10;
/** Connections without a state machine of their own. */
export const PSEUDO_STATE_FIRST = 0; // one packet seen
export const PSEUDO_STATE_MULTIPLE = 1; // more, one direction only
export const PSEUDO_STATE_BIDIRECTIONAL = 2;
/** SCTP, RFC 9260 §4. */
export const SCTP_STATE_CLOSED = 0;
export const SCTP_STATE_COOKIE_WAIT = 1;
export const SCTP_STATE_COOKIE_ECHOED = 2;
export const SCTP_STATE_ESTABLISHED = 3;
export const SCTP_STATE_SHUTDOWN_SENT = 4;
export const SCTP_STATE_SHUTDOWN_RECEIVED = 5;
export const SCTP_STATE_SHUTDOWN_ACK_SENT = 6;

/** Timeouts of a policy, u32 seconds each, in this order; also the order of COMMAND_CT_TIMEOUT (0 = leave the default). */
export const TIMEOUT_TCP_FIRST_PACKET = 0;
export const TIMEOUT_TCP_OPENING = 1;
export const TIMEOUT_TCP_ESTABLISHED = 2;
export const TIMEOUT_TCP_CLOSING = 3;
export const TIMEOUT_TCP_FIN_WAIT = 4;
export const TIMEOUT_TCP_CLOSED = 5;
export const TIMEOUT_OTHER_FIRST = 6;
export const TIMEOUT_OTHER_MULTIPLE = 7;
export const TIMEOUT_OTHER_BIDIRECTIONAL = 8;
export const TIMEOUT_ICMP_FIRST = 9;
export const TIMEOUT_ICMP_REPLY = 10;
export const TIMEOUT_SCTP_OPENING = 11;
export const TIMEOUT_SCTP_ESTABLISHED = 12;
export const TIMEOUT_SCTP_CLOSING = 13;
export const TIMEOUT_COUNT = 14;
export const TIMEOUT_POLICY_SIZE = 64;
export const MAX_TIMEOUT_POLICIES = 1024; // policy 0 = default

/** Conntrack region, from CONNTRACK_BASE: header, then the tables at CT_*_TABLE. */
export const CT_MAGIC = 0; // u32 CT_MAGIC_VALUE
export const CT_LAYOUT = 4; // u32 LAYOUT_VERSION
export const CT_GENERATION = 8; // u32 how many processes have used this region
export const CT_SEED = 16; // u64 of the hashes; stays while the region lives
export const CT_FREE = 24; // u32 first free record
export const CT_HIGH_WATER = 28; // u32 records ever used: those at and past this index are untouched
export const CT_COUNT = 32; // u32 live connections
export const CT_LIMIT = 36; // u32 most connections
export const CT_SEQUENCE_CHECK = 40; // u32 1 = TCP sequence numbers outside the window are invalid
export const CT_DEFAULT_ZONE_LIMIT = 44; // u32 0 = none
export const CT_WHEEL_TICK = 48; // u64 next tick (1.024 seconds each) the sweep looks at
export const CT_EXPECTATIONS = 56; // u32 expectations in use
export const CT_EXPECTATION_FREE = 60; // u32 first free expectation
export const CT_EXPECTATION_HIGH_WATER = 64; // u32
export const CT_LOOKUP = 128; // LOOKUP record of the packet at hand
export const CT_CANDIDATE = 256; // LOOKUP record of a tuple that address translation tries
export const CT_SCRATCH = 384; // 512 bytes
export const CT_TIMEOUT_TABLE = 0x1_0000; // TIMEOUT_POLICY_SIZE * MAX_TIMEOUT_POLICIES
export const CT_WHEEL_TABLE = 0x2_0000; // u32 first record, WHEEL_SLOTS of them
export const CT_ZONE_TABLE = 0x4_0000; // ZONE_SIZE * 65536
export const CT_EXPECTATION_TABLE = 0x10_0000; // EXPECTATION_SIZE * MAX_EXPECTATIONS
export const CT_EXPECTATION_CHAINS = 0x20_0000; // u32 first expectation, MAX_EXPECTATIONS of them
export const CT_BUCKET_TABLE = 0x80_0000; // u32 first record | direction, CT_BUCKETS of them
export const CT_BUCKETS = 2097152; // a power of two: 8 bytes a connection of a full table
export const CT_MAGIC_VALUE = 0x4d46_4354; // "MFCT"
export const WHEEL_SLOTS = 4096; // of 1.024 seconds
export const ZONE_LIMIT = 0; // u32 most connections + 1; 0 = no limit of its own
export const ZONE_COUNT = 4; // u32 connections now
export const ZONE_SIZE = 8;

/** A tuple as look-up compares it; the same fields as in a connection record. */
export const LOOKUP_KEY = 0; // u32 as CONN_KEY
export const LOOKUP_HASH = 4; // u32
export const LOOKUP_RELATED = 8; // u32 1 = taken from the packet that an ICMP error quotes
export const LOOKUP_INNER_L3 = 12; // u32 address of the quoted IP header
export const LOOKUP_TUPLE = 16; // TUPLE_SIZE
export const LOOKUP_TUPLE6 = 32; // TUPLE6_SIZE
export const LOOKUP_INNER_L4 = 64; // u32 address of the quoted L4 header
export const LOOKUP_INNER_END = 68; // u32 address of the first byte past the quoted packet
export const LOOKUP_SIZE = 96;

/** Expectation: a connection that an ALG foresees; kept while its parent or a connection that answered it lives. */
export const EXPECTATION_STATE = 0; // u32 0 = free, 1 = waits for connections, 2 = the parent is gone
export const EXPECTATION_KEY = 4; // u32 as CONN_KEY
export const EXPECTATION_NEXT = 8; // u32 next in its chain, or of the free list
export const EXPECTATION_SIBLING = 12; // u32 next expectation of the same parent
export const EXPECTATION_TUPLE = 16; // TUPLE_SIZE; src_l4 is any
export const EXPECTATION_CHILDREN = 32; // u32 live connections that point here
export const EXPECTATION_FLAGS = 36; // u32 1 = the replacement is a destination of the reply (SNAT), else its source
export const EXPECTATION_MARK = 40; // u32 of the parent when it was made
export const EXPECTATION_PARENT_KEY = 44; // u32 as CONN_KEY
export const EXPECTATION_LABEL = 48; // 16 bytes
export const EXPECTATION_TUPLE6 = 64; // TUPLE6_SIZE
export const EXPECTATION_REPLACEMENT = 96; // 16 bytes: address for the reply tuple, IPv4 in the first four
export const EXPECTATION_REPLACEMENT_DIGEST = 112; // u32 as in a tuple
export const EXPECTATION_PARENT_TUPLE = 128; // TUPLE_SIZE: the parent's original direction
export const EXPECTATION_PARENT_TUPLE6 = 144; // TUPLE6_SIZE
export const EXPECTATION_SIZE = 192;
export const MAX_EXPECTATIONS = 4096; // a power of two
export const MAX_EXPECTATIONS_PER_PARENT = 16;

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

/** Arguments of the conntrack commands, from COMMAND_ARGS. */
export const CT_FLUSH_FLAGS = 0; // u32
export const CT_FLUSH_ZONE = 4; // u32
export const CT_FLUSH_FAMILY = 8; // u8 4 or 6
export const CT_FLUSH_PROTOCOL = 9; // u8
export const CT_FLUSH_SRC_L4 = 12; // u32 as TUPLE_SRC_L4
export const CT_FLUSH_DST_L4 = 16; // u32
export const CT_FLUSH_SRC = 20; // 16 bytes, IPv4 in the first four
export const CT_FLUSH_DST = 36; // 16 bytes
export const CT_FLUSH_SIZE = 52;
export const CT_FLUSH_BY_ZONE = 1;
export const CT_FLUSH_BY_TUPLE = 2; // exactly one connection, given by either direction; needs the zone
export const CT_CONFIG_MAX_CONNECTIONS = 1;
export const CT_CONFIG_SEQUENCE_CHECK = 2;
export const CT_CONFIG_FRAGMENTS_V4 = 3; // 1 = reassemble
export const CT_CONFIG_FRAGMENTS_V6 = 4;
export const CT_CONFIG_FRAGMENT_MIN_V4 = 5; // bytes of L3: shorter fragments but the last are invalid
export const CT_CONFIG_FRAGMENT_MIN_V6 = 6;
export const CT_CONFIG_FRAGMENT_LIMIT = 7; // most fragments held
export const CT_LIMIT_ALL_ZONES: u32 = 0xffff_ffff;

// ---------------------------------------------------------------------------------------------------------------
// Rings between the main thread and the worker: single producer, single consumer, byte rings of power-of-two size.
// RING_HEAD and RING_TAIL run free (u32, wrap naturally); a record never wraps: a RECORD_SKIP pads to the end.
// ---------------------------------------------------------------------------------------------------------------
export const RING_HEAD = 0; // u32 bytes written by the producer (atomic)
export const RING_TAIL = 64; // u32 bytes consumed (atomic), on its own cache line
export const RING_LOST = 128; // u32 records refused because the ring was full
export const RING_DATA = 256; // first byte of the data
export const RECORD_SIZE = 0; // u32 bytes of the record, multiple of 8
export const RECORD_TYPE = 4; // u32
export const RECORD_HEADER_SIZE = 8;
export const RECORD_SKIP: u32 = 0xffff_ffff;

/** Upcall record (worker -> main). */
export const UPCALL_REASON = 4; // u32 UPCALL_*
export const UPCALL_IN_PORT = 8; // u32
export const UPCALL_ARGUMENT = 12; // u32 of OP_USERSPACE
export const UPCALL_COOKIE = 16; // u64 of OP_USERSPACE
export const UPCALL_DEPTH = 24; // u32 recirculation depth
export const UPCALL_LENGTH = 28; // u32 bytes of frame that follow
export const UPCALL_RSS_HASH = 32; // u32
export const UPCALL_KEY_EXTENT = 36; // u32
export const UPCALL_VNET = 40; // 10 bytes virtio-net header
export const UPCALL_L3 = 50; // u16
export const UPCALL_L4 = 52; // u16
export const UPCALL_L7 = 54; // u16
export const UPCALL_CONNECTION = 56; // u32
export const UPCALL_BUCKET = 60; // u32
export const UPCALL_KEY = 64; // KEY_SIZE bytes
export const UPCALL_FRAME = 480; // frame bytes (UPCALL_KEY + KEY_SIZE)
export const UPCALL_MISS = 1; // no megaflow
export const UPCALL_ACTION = 2; // a userspace action asked for it (controller, sampling, slow-path action)
export const UPCALL_SLOW_PATH = 3; // the megaflow cannot express the actions: translate and execute each packet

/** Command record (main -> worker). */
export const COMMAND_TYPE = 4; // u32 COMMAND_*
export const COMMAND_SEQUENCE = 8; // u32
export const COMMAND_ARGS = 16;
export const COMMAND_FLOW_INSERT = 1; // +16 u32 flow
export const COMMAND_FLOW_REMOVE = 2; // +16 u32 flow: unlinked and marked dead; the record is free after the acknowledgement
export const COMMAND_FLOW_PROGRAM = 3; // +16 u32 flow, +20 u32 program
export const COMMAND_EXECUTE = 4; // an upcall record's fields from COMMAND_EXECUTE_* on, frame and program
export const COMMAND_CT_FLUSH = 5; // +16 CT_FLUSH_*
export const COMMAND_METER_SET = 6; // +16 u32 index, +20 meter record bytes
export const COMMAND_METER_DELETE = 7; // +16 u32 index
export const COMMAND_CT_LIMIT = 8; // +16 u32 zone (0xffffffff default), +20 u32 limit, +24 u32 1 = set, 0 = delete
export const COMMAND_CT_CONFIG = 9; // +16 u32 CT_CONFIG_* key, +20 u32 value
export const COMMAND_CT_TIMEOUT = 10; // +16 u32 policy, then u32 seconds in the order of conntrack/timeouts
export const COMMAND_CACHE_CLEAR = 11;
export const COMMAND_EXECUTE_IN_PORT = 16; // u32
export const COMMAND_EXECUTE_PROGRAM_LENGTH = 20; // u32 bytes
export const COMMAND_EXECUTE_LENGTH = 24; // u32 bytes of frame
export const COMMAND_EXECUTE_FLAGS = 28; // u32: 1 = use the key given (metadata, ct), else parse afresh
export const COMMAND_EXECUTE_DEPTH = 32; // u32
export const COMMAND_EXECUTE_RSS_HASH = 36; // u32
export const COMMAND_EXECUTE_VNET = 40; // 10 bytes
export const COMMAND_EXECUTE_CONNECTION = 56; // u32
export const COMMAND_EXECUTE_BUCKET = 60; // u32
export const COMMAND_EXECUTE_KEY = 64; // KEY_SIZE bytes
export const COMMAND_EXECUTE_BODY = 480; // program (padded to 8), PACKET_MIN_HEADROOM free bytes, frame

// ---------------------------------------------------------------------------------------------------------------
// Control block, at CONTROL_BASE: words that both threads look at.
// ---------------------------------------------------------------------------------------------------------------
export const CONTROL_MAGIC = 0; // u32
export const CONTROL_LAYOUT = 4; // u32 LAYOUT_VERSION
export const CONTROL_GENERATION = 8; // u32
export const CONTROL_HOST_BASE = 16; // u64 host address of linear offset 0: for iovecs handed to the kernel
export const CONTROL_HASH_SEED = 24; // u32 random per start
export const CONTROL_NOW = 32; // u64 milliseconds of CLOCK_MONOTONIC, set by the worker before each batch
export const CONTROL_NOW_US = 40; // u64 microseconds, same moment (meters)
export const CONTROL_WORKER_STATE = 64; // u32 WORKER_* (atomic)
export const CONTROL_COMMAND_DONE = 68; // u32 sequence of the last command applied (atomic, notified)
export const CONTROL_UPCALL_BELL = 72; // u32 counts upcall batches (atomic, notified)
export const CONTROL_QUIESCENT = 76; // u32 counts loops of the worker
export const CONTROL_STOP = 80; // u32 1 = the worker must leave
export const CONTROL_MAILBOX = 84; // u32 1 = a message waits in the worker's message port
export const CONTROL_RANDOM = 88; // u64 state of the fast path's random numbers
export const CONTROL_POOL_NEXT = 96; // u32 packet records handed out in this batch
export const CONTROL_WAITING = 100; // u32 packets that wait for another pass of look-up (assembly/pipeline.ts)
export const CONTROL_UPCALLS = 104; // u32 upcalls written and not yet announced by the bell
export const CONTROL_COMMAND_READ = 108; // u32 position in the command ring up to which commands are applied, not yet released
export const CONTROL_RANKED_AT = 112; // u64 milliseconds: when the masks were last put in order of their hits
export const CONTROL_CACHE_OFF = 120; // u32 1 = every packet is looked up in the megaflow tables
export const CONTROL_SIZE = 256;
export const CONTROL_MAGIC_VALUE = 0x4d46_4c57; // "MFLW"
export const WORKER_STARTING = 0;
export const WORKER_RUNNING = 1;
export const WORKER_SLEEPING = 2; // in poll: write to its eventfd to wake it
export const WORKER_STOPPED = 3;

// Geneve options that have a place in the key (the TLV map of OpenFlow), at GENEVE_OPTIONS_BASE: u32 n, then n entries.
export const GENEVE_OPTIONS = 8; // first entry
export const GENEVE_OPTION_CLASS = 0; // u16 network order
export const GENEVE_OPTION_TYPE = 2; // u8
export const GENEVE_OPTION_BYTES = 3; // u8 length of the option's data
export const GENEVE_OPTION_INDEX = 4; // u16 n of tun_metadata n
export const GENEVE_OPTION_OFFSET = 6; // u16 from KEY_TUN_METADATA on
export const GENEVE_OPTION_SIZE = 8;
export const GENEVE_OPTION_LIMIT = 64;

// ---------------------------------------------------------------------------------------------------------------
// Port record.
// ---------------------------------------------------------------------------------------------------------------
export const PORT_STATE = 0; // u32 PORT_STATE_*
export const PORT_KIND = 4; // u32 PORT_KIND_*
export const PORT_NUMBER = 8; // u32
export const PORT_FD = 12; // i32
export const PORT_MTU = 16; // u32 bytes of L3
export const PORT_FEATURES = 20; // u32 PORT_FEATURE_*
export const PORT_WINDOW = 28; // u32 address of its ring or buffers
export const PORT_RING_FRAMES = 32; // u32
export const PORT_RING_FRAME_SIZE = 36; // u32
export const PORT_RING_NEXT = 40; // u32 next frame to look at
export const PORT_TX_COUNT = 44; // u32 messages waiting in the transmit queue
export const PORT_TX_MESSAGES = 48; // u32 address of struct mmsghdr[TX_QUEUE]
export const PORT_TX_VECTORS = 52; // u32 address of struct iovec[TX_QUEUE][2]
export const PORT_ERROR = 60; // u32 errno that took the port out of service, 0 = none
export const PORT_RX_PACKETS = 64; // u64
export const PORT_RX_BYTES = 72; // u64
export const PORT_RX_DROPPED = 80; // u64
export const PORT_RX_ERRORS = 88; // u64
export const PORT_TX_PACKETS = 96; // u64
export const PORT_TX_BYTES = 104; // u64
export const PORT_TX_DROPPED = 112; // u64
export const PORT_TX_ERRORS = 120; // u64
export const PORT_RING_TAKEN = 128; // u32 frames of the batch now running, from PORT_RING_NEXT on
export const PORT_TX_LISTED = 132; // u32 1 = in the list of ports with something queued
export const PORT_SIZE = 256;
/** Receive buffer, BUFFER_SIZE bytes: the frame is at PACKET_MIN_HEADROOM, its virtio-net header right before it. */
export const BUFFER_LENGTH = 0; // u32 bytes of the frame, written by whoever filled the buffer
export const PORT_STATE_FREE = 0;
export const PORT_STATE_UP = 1;
export const PORT_STATE_DOWN = 2; // frames to it are dropped with a reason
export const PORT_KIND_TAP = 1; // also internal ports
export const PORT_KIND_PACKET = 2; // AF_PACKET on a system interface
export const PORT_KIND_TEST = 3; // in memory: tests and benchmarks
export const PORT_KIND_TUNNEL = 4; // tunnel packets of one kind and UDP port; PORT_WINDOW is its tunnel record
export const PORT_FEATURE_CSUM = 1; // takes frames with VNET_F_NEEDS_CSUM
export const PORT_FEATURE_TSO4 = 2; // takes VNET_GSO_TCPV4
export const PORT_FEATURE_TSO6 = 4;
export const PORT_FEATURE_USO = 8;
export const PORT_FEATURE_VNET = 16; // frames carry a virtio-net header on the file descriptor

// ---------------------------------------------------------------------------------------------------------------
// Tunnel record, TUNNEL_STRIDE bytes: the sockets of a tunnel port and its transmit queue.  The kernel makes the outer UDP
// and IP headers; a message is a run of packets with the same tunnel fields, each behind the message's tunnel header.
//
//   0 kind UDP port flags         |  64 sockets                       | 0x1000 struct mmsghdr[TX_QUEUE]
//   0x2000 struct iovec[TUNNEL_VECTORS]: header, head, payload of each packet | 0x6000 message details[TX_QUEUE]
// ---------------------------------------------------------------------------------------------------------------
export const TUNNEL_KIND = 0; // u32 TUNNEL_GENEVE, TUNNEL_VXLAN
export const TUNNEL_UDP_PORT = 4; // u32 host order
export const TUNNEL_BUNDLES = 8; // u32 1 = a message may hold several packets (UDP_SEGMENT); the worker gives up on it
export const TUNNEL_VECTORS_USED = 12; // u32
export const TUNNEL_SENDERS = 64; // i32[2][TUNNEL_SENDER_COUNT] sockets that send, IPv4 then IPv6; -1 = none
export const TUNNEL_SENDER_FLAGS = 128; // u32[2][TUNNEL_SENDER_COUNT] TUN_FLAG_DF and TUN_FLAG_CSUM as the sender is set now, plus 1
export const TUNNEL_RECEIVERS = 192; // i32[2][2] sockets that receive: IPv4, IPv6; without and with an outer checksum; -1 = none
export const TUNNEL_MESSAGES = 0x1000;
export const TUNNEL_MESSAGE_VECTORS = 0x2000;
export const TUNNEL_DETAILS = 0x6000;
export const TUNNEL_SENDER_COUNT = 8; // a power of two: source ports of one host, so that links and queues on the way share the load
export const TUNNEL_VECTORS = 1024;
export const TUNNEL_VECTORS_PER_PACKET = 3;
export const TUNNEL_BUNDLE_PACKETS = 64; // UDP_MAX_SEGMENTS of older kernels
export const TUNNEL_BUNDLE_BYTES = 65_000; // under the 65 507 that fit an IPv4 packet
export const MAX_TUNNELS = 8;

/** Details of one message of a tunnel's transmit queue. */
export const DETAIL_NAME = 0; // struct sockaddr_in or sockaddr_in6, 32 bytes of room
export const DETAIL_CONTROL = 32; // control messages, UDP_SEGMENT the last of them, 256 bytes of room
export const DETAIL_SENDER = 288; // u32 index in TUNNEL_SENDERS
export const DETAIL_FLAGS = 292; // u32 TUN_FLAG_DF | TUN_FLAG_CSUM
export const DETAIL_PACKETS = 296; // u32
export const DETAIL_FRAME_BYTES = 300; // u32 of the inner frames
export const DETAIL_SEGMENT = 304; // u32 bytes of the first packet, tunnel header included
export const DETAIL_BYTES = 308; // u32 of all packets, tunnel headers included
export const DETAIL_CONTROL_BYTES = 312; // u32 without UDP_SEGMENT
export const DETAIL_HEADER_BYTES = 316; // u32
export const DETAIL_FIELDS = 320; // key bytes KEY_TUN_ID..KEY_SIZE (200)
export const DETAIL_HEADER = 528; // tunnel header, 264 bytes of room
export const DETAIL_SIZE = 1024;

// Datagrams that a tunnel socket received, at TUNNEL_ARRIVALS_BASE; datagram i lies in receive buffer i, at PACKET_MIN_HEADROOM.
export const ARRIVAL_MESSAGES = 0; // struct mmsghdr[RECEIVE_BUFFERS]
export const ARRIVAL_VECTORS = 0x1000; // struct iovec[RECEIVE_BUFFERS]
export const ARRIVAL_NAMES = 0x2000; // sockaddr, ARRIVAL_NAME_SIZE each
export const ARRIVAL_CONTROLS = 0x3000; // control messages, ARRIVAL_CONTROL_SIZE each
export const ARRIVAL_FIELDS = 0x8000; // tunnel fields of the packet at hand: KEY_TUN_ID..KEY_SIZE
export const ARRIVAL_RUN = 0x8200; // segments that become one packet: io/coalesce.ts
export const ARRIVAL_NAME_SIZE = 32;
export const ARRIVAL_CONTROL_SIZE = 256;

// ---------------------------------------------------------------------------------------------------------------
// Meter record (RFC-less; OpenFlow 1.3 §5.7): token buckets in 1/1000 units per millisecond.
// ---------------------------------------------------------------------------------------------------------------
export const METER_STATE = 0; // u32 1 = in use
export const METER_FLAGS = 4; // u32 METER_FLAG_*
export const METER_BANDS = 8; // u32 n (<= METER_MAX_BANDS)
export const METER_PACKETS = 16; // u64
export const METER_BYTES = 24; // u64
export const METER_USED = 32; // u64 milliseconds, CONTROL_NOW of the last packet
export const METER_MAX_DELTA = 40; // u32 milliseconds that fill any band's bucket: more do not count
export const METER_BAND = 64; // bands
export const METER_BAND_RATE = 0; // u32 kbps or pktps
export const METER_BAND_BURST = 4; // u32 kbit or packets
export const METER_BAND_TOKENS = 8; // u64 bits, or 1/1000 packets: what a millisecond at RATE adds is RATE
export const METER_BAND_PACKETS = 16; // u64
export const METER_BAND_BYTES = 24; // u64
export const METER_BAND_SIZE = 32;
export const METER_SIZE = 320;
export const METER_FLAG_KBPS = 1;
export const METER_FLAG_PKTPS = 2;
export const METER_FLAG_BURST = 4;
export const METER_FLAG_STATS = 8;

// ---------------------------------------------------------------------------------------------------------------
// Counters: u64 each, at COUNTERS_BASE.  Index = one of these; drops follow at COUNTER_DROP + DROP_*.
// ---------------------------------------------------------------------------------------------------------------
export const COUNTER_BATCHES = 0;
export const COUNTER_PACKETS = 1; // packets looked up, recirculated ones again
export const COUNTER_RECIRCULATED = 2;
export const COUNTER_CACHE_HIT = 3;
export const COUNTER_MEGAFLOW_HIT = 4;
export const COUNTER_MASKS_PROBED = 5;
export const COUNTER_MISS = 6;
export const COUNTER_UPCALL = 7;
export const COUNTER_EXECUTED = 8; // packets executed for the slow path
export const COUNTER_SEGMENTED = 9; // super-packets cut in software
export const COUNTER_CSUM_FINISHED = 10; // checksums finished in software
export const COUNTER_CLONED = 11;
export const COUNTER_REASSEMBLED = 12;
export const COUNTER_CT_CREATED = 13;
export const COUNTER_CT_EXPIRED = 14;
export const COUNTER_CT_COUNT = 15; // connections now
export const COUNTER_SPENT = 16; // originals whose copies went out, and nothing was left to do
export const COUNTER_DROP = 32;
export const COUNTER_COUNT = 128;

/** Why a packet was dropped; src/fastpath/drop-reasons.ts holds the sentences. */
export const DROP_ACTION = 0; // an explicit drop, or no action at all
export const DROP_UPCALL_LOST = 1; // upcall ring full
export const DROP_NO_PORT = 2; // output to a port that does not exist
export const DROP_PORT_DOWN = 3;
export const DROP_TX_FULL = 4; // the kernel took no more
export const DROP_TX_ERROR = 5;
export const DROP_RECIRC_DEPTH = 6; // more than RECIRC_LIMIT passes
export const DROP_METER = 7;
export const DROP_TOO_LONG = 8; // longer than the way out allows, and not to be segmented
export const DROP_TORN = 9; // shorter than an Ethernet header, or longer than the buffer
export const DROP_NO_BUFFER = 10; // no packet record, clone head or segment buffer left
export const DROP_CT_FULL = 11; // connection table or zone limit
export const DROP_CT_NAT_EXHAUSTED = 12;
export const DROP_FRAGMENT_WAITING = 13; // held for reassembly (not lost yet)
export const DROP_FRAGMENT_EXPIRED = 14; // reassembly timed out, overlapped or overflowed
export const DROP_BAD_PROGRAM = 15; // an instruction the fast path does not know
export const DROP_NO_BUCKET = 16; // select group without a live bucket
export const DROP_TUNNEL = 17; // header broken or no way to encapsulate
export const DROP_SLOW_PATH = 18; // the slow path could not translate (its own reasons are counted there)
export const DROP_BAD_SET = 19; // a set action on a packet without that header
export const DROP_INVALID_EXECUTE = 20; // a broken execute command
export const DROP_REASONS = 21;

// ---------------------------------------------------------------------------------------------------------------
// Limits
// ---------------------------------------------------------------------------------------------------------------
export const RECIRC_LIMIT = 8;
export const CLONE_DEPTH_LIMIT = 16;
export const BATCH_SIZE = 64;
export const TX_QUEUE = 64; // messages a port's transmit queue holds
export const PACKET_SLOTS = 1024; // packet records: a batch and its clones
export const MAX_FRAME = 65535 + 14 + 8; // bytes: largest IP packet, Ethernet, two tags
export const RECEIVE_BUFFERS = 64; // buffers 0..63 receive; the others are for whoever builds frames in the fast path
export const BUFFER_SIZE = 68 * 1024; // bytes of one receive or reassembly buffer, headroom included
export const MAX_PORTS = 1024;
export const MAX_METERS = 65536;
export const METER_MAX_BANDS = 8;
export const MAX_MASKS = 8192;
export const CONNECTION_SIZE = 192;
export const CACHE_ENTRIES = 262144; // exact-match cache: 8 bytes each
