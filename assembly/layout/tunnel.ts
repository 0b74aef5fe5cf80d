/**
 * Tunnel record, TUNNEL_STRIDE bytes: the sockets of a tunnel port and its transmit queue.  The kernel makes the outer UDP
 * and IP headers; a message is a run of packets with the same tunnel fields, each behind the message's tunnel header.
 *
 *   0 kind UDP port flags         |  64 sockets                       | 0x1000 struct mmsghdr[TX_QUEUE]
 *   0x2000 struct iovec[TUNNEL_VECTORS]: header, head, payload of each packet | 0x6000 message details[TX_QUEUE]
 */
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
