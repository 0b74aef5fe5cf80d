/**
 * Limits
 */
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
