/**
 * Port record.
 */
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
export const PORT_IFINDEX = 136; // u32 the kernel forwards known flows from and to the port's interface; 0 = it does not
export const PORT_SIZE = 256;
/** Receive buffer, BUFFER_SIZE bytes: the frame is at PACKET_MIN_HEADROOM, its virtio-net header right before it. */
export const BUFFER_LENGTH = 0; // u32 bytes of the frame, written by whoever filled the buffer
export const PORT_STATE_FREE = 0;
export const PORT_STATE_UP = 1;
export const PORT_STATE_DOWN = 2; // frames to it are dropped with a reason
export const PORT_KIND_TAP = 1; // also internal ports
export const PORT_KIND_PACKET = 2; // AF_PACKET on a system interface
export const PORT_KIND_TEST = 3; // in memory: tests and benchmarks
export const PORT_KIND_XDP = 5; // AF_XDP on a system interface; PORT_WINDOW has the layout of xdp.ts
export const PORT_KIND_TUNNEL = 4; // tunnel packets of one kind and UDP port; PORT_WINDOW is its tunnel record
export const PORT_FEATURE_CSUM = 1; // takes frames with VNET_F_NEEDS_CSUM
export const PORT_FEATURE_TSO4 = 2; // takes VNET_GSO_TCPV4
export const PORT_FEATURE_TSO6 = 4;
export const PORT_FEATURE_USO = 8;
export const PORT_FEATURE_VNET = 16; // frames carry a virtio-net header on the file descriptor
export const PORT_FEATURE_OPEN_SUMS = 32; // what arrives may have an open checksum and does not say so
