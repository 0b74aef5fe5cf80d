/**
 * Packet record: 128 bytes.  The frame is `length` bytes; the first `head_length` of them are contiguous at `data`,
 * the rest (a clone shares it with its original) at `payload`.  Headers up to and including L4 are always in the head.
 */
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
export const PACKET_BUCKET = 68; // u32 address of the select bucket's counters the packet runs in, 0 = none; 72..75 free
export const PACKET_BATCH_NEXT = 76; // u32 scratch of the pipeline
export const PACKET_L3_LENGTH = 80; // u32 bytes of the L3 packet without Ethernet padding
export const PACKET_L3_END = 84; // u16 offset past the IP header and its extensions, 0 = no IP or torn at L3
export const PACKET_TRACK_BUCKET = 88; // u32 address of the bucket in which the next ct action will look, 0 = not known
export const PACKET_USED = 92; // bytes of the record that mean something
export const PACKET_SIZE = 128;

export const PACKET_FLAG_CSUM_GOOD = 1; // conntrack has verified L3 and L4 checksums; edits keep them right
export const PACKET_FLAG_CLONE = 2; // shares its payload with another record
export const PACKET_FLAG_TORN = 4; // a header announced more bytes than the frame has
export const PACKET_FLAG_FROM_SLOWPATH = 16; // executed on behalf of the slow path
export const PACKET_FLAG_REASSEMBLED = 32; // was put together from IP fragments
/** What parsing finds out anew. */
export const PACKET_FLAGS_PARSED = 5;

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
