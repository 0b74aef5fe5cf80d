/**
 * What a packet source and the module that writes its frames (test/assembly/fill-ring.ts) agree on.
 *
 *   a flow: 8 bytes in linear memory, as the frame will hold them
 *   0 source address(4) | 4 IPv4 header checksum(2) | 6 TCP checksum(2)
 */

export const BATCH = 32;
/** Bytes from one place of the ring to the next: the frames are a few lines longer than a power of two. */
export const FRAME_SIZE = 2112;
/** Where the Ethernet header is in it: IP addresses are aligned then, as the kernel has them. */
export const FRAME_AT = 130;

/** Offsets in the frame of what differs from flow to flow. */
export const IPV4_CHECKSUM = 24;
export const IPV4_SOURCE = 26;
export const IPV4_DESTINATION = 30;
export const TCP_CHECKSUM = 50;

export const FLOW_SOURCE = 0;
export const FLOW_IPV4_CHECKSUM = 4;
export const FLOW_TCP_CHECKSUM = 6;
export const FLOW_SIZE = 8;
