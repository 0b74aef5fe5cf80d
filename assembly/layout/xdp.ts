/**
 * The window of an AF_XDP port: its four rings and its frames (linux/if_xdp.h), all of it shared with the kernel.
 *
 *   0 record │ 64 KiB receive │ 192 KiB transmit │ 256 KiB fill │ 320 KiB completion │ 384 KiB free chunks │ 512 KiB … frames
 *
 * Each ring is a page of indices, at offsets that the kernel tells, and its descriptors. An address in a descriptor is an
 * offset into the frames: chunks of XDP_CHUNK_SIZE, the first XDP_RECEIVE_CHUNKS for what arrives, the others for what leaves.
 */
export const XDP_RECEIVE_RING: u32 = 64 * 1024; // { u64 address, u32 length, u32 options } * XDP_RECEIVE_ENTRIES
export const XDP_TRANSMIT_RING: u32 = 192 * 1024; // the same * XDP_TRANSMIT_ENTRIES
export const XDP_FILL_RING: u32 = 256 * 1024; // u64 address * XDP_FILL_ENTRIES
export const XDP_COMPLETION_RING: u32 = 320 * 1024; // u64 address * XDP_TRANSMIT_ENTRIES
export const XDP_FREE_CHUNKS: u32 = 384 * 1024; // u32 address * XDP_TRANSMIT_ENTRIES: a stack
export const XDP_FRAMES: u32 = 512 * 1024;
export const XDP_FRAMES_BYTES: u32 = 7680 * 1024;
export const XDP_CHUNK_SIZE: u32 = 2048;
/** What the kernel leaves free before a frame in its chunk: XDP_PACKET_HEADROOM. */
export const XDP_HEADROOM: u32 = 256;
export const XDP_RECEIVE_ENTRIES: u32 = 4096; // no fewer than XDP_RECEIVE_CHUNKS: with 2048, a burst of 2731 frames lost 551
export const XDP_TRANSMIT_ENTRIES: u32 = 1024; // as many as there are chunks to send from
export const XDP_FILL_ENTRIES: u32 = 4096; // no fewer than XDP_RECEIVE_CHUNKS
export const XDP_RECEIVE_CHUNKS: u32 = 2816;
/** Longest frame: Ethernet header and a tag included. */
export const XDP_LONGEST: u32 = XDP_CHUNK_SIZE - XDP_HEADROOM;

// The record: addresses of the rings' indices and descriptors.
export const XDP_RECEIVE_PRODUCER = 0; // u32 address of a u32 index
export const XDP_RECEIVE_CONSUMER = 4; // u32
export const XDP_RECEIVE_DESCRIPTORS = 8; // u32
export const XDP_TRANSMIT_PRODUCER = 12; // u32
export const XDP_TRANSMIT_CONSUMER = 16; // u32
export const XDP_TRANSMIT_DESCRIPTORS = 20; // u32
export const XDP_FILL_PRODUCER = 24; // u32
export const XDP_FILL_CONSUMER = 28; // u32
export const XDP_FILL_DESCRIPTORS = 32; // u32
export const XDP_COMPLETION_PRODUCER = 36; // u32
export const XDP_COMPLETION_CONSUMER = 40; // u32
export const XDP_COMPLETION_DESCRIPTORS = 44; // u32
export const XDP_FREE_COUNT = 48; // u32 free chunks on the stack
export const XDP_TAKEN = 52; // u32 index on the transmit ring up to which frames are counted as taken by the kernel

export const XDP_DESCRIPTOR_SIZE: u32 = 16;
export const XDP_DESCRIPTOR_LENGTH = 8; // u32
