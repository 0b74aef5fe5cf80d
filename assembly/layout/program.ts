/**
 * Action programs.  A program is a sequence of instructions, each 4-byte aligned:
 *   u16 opcode | u16 zero | u32 length of the whole instruction in bytes | arguments
 * Values of header fields are in network byte order, as in the flow key; everything else little-endian.
 * An instruction with a nested program holds it inline as the last argument (length from the header).
 */
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
export const OP_POP_MPLS = 29; // +8 ethertype2 pad2; ETHER_TYPE_ETHERNET: what follows is a whole frame
export const OP_SET_MPLS = 30; // +8 lse4, +12 mask (4)
export const OP_PUSH_ETHERNET = 31; // +8 dst6 src6: onto a packet without an Ethernet header
export const OP_POP_ETHERNET = 32; // no tags
export const OP_ADD_MPLS = 33; // +8 ethertype2 covers1 (1 = an Ethernet header) pad1 lse4: in front of the whole packet

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
export const OP_SELECT_TABLES = 40; // u16 slots[slot_mask + 1] padded to 4 (dp_hash) | fields[m] | buckets[n] | programs
export const SELECT_DP_HASH = 0;
export const SELECT_FIELDS = 1;
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
