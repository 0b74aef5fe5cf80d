/**
 * Rings between the main thread and the worker: single producer, single consumer, byte rings of power-of-two size.
 * RING_HEAD and RING_TAIL run free (u32, wrap naturally); a record never wraps: a RECORD_SKIP pads to the end.
 */
export const RING_HEAD = 0; // u32 bytes written by the producer (atomic)
export const RING_TAIL = 64; // u32 bytes consumed (atomic), on its own cache line
export const RING_LOST = 128; // u32 records refused because the ring was full
export const RING_DATA = 256; // first byte of the data
export const RECORD_SIZE = 0; // u32 bytes of the record, multiple of 8
export const RECORD_TYPE = 4; // u32
export const RECORD_HEADER_SIZE = 8;
export const RECORD_SKIP: u32 = 0xffff_ffff;
