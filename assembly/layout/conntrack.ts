/**
 * Conntrack.  One record per connection, 192 bytes = three cache lines: what look-up compares | state | IPv6.
 *
 *   0 state      key (zone u16 | protocol u8 | family u8)  |   8 chain_original  chain_reply
 *  16 original:  src dst src_l4 dst_l4                     |  32 reply: src dst src_l4 dst_l4
 *  48 expires                                              |  56 flags policy(u16) slot(u16)
 *  64 peer[2]: seq_low seq_high max_window(u16) scale state|  88 mark skew
 *  96 label(16)                                            | 112 timer_next timer_previous parent expectations
 * 128 original IPv6: src(16) dst(16)                       | 160 reply IPv6: src(16) dst(16)
 *
 * A tuple is what a packet of that direction looks like on arrival.  src and dst hold the IPv4 address, or a 32-bit
 * digest of the IPv6 address; *_l4 is the port (network order) or {icmp id u16, type u8, code u8}.
 */
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
export const CONN_OFFLOADS = 124; // u32 with CONN_FLAG_OFFLOADED: first link of its slots (offload.ts); such a connection expects nothing
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
export const CONN_FLAG_OFFLOADED = 128; // the kernel forwards packets of it

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

/** Conntrack region, from CONNTRACK_BASE: the header of regions (region.ts), these, then the tables at CT_*_TABLE. */
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
export const LOOKUP_DIRECTION = 72; // u32 0 original, 1 reply: how the packet goes in the connection it was found to be of
export const LOOKUP_SIZE = 96;
