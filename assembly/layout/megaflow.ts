/**
 * Megaflow record: 64-byte header + packed key blocks.  Written by the main thread, published by FLOW_STATE (last,
 * atomically), linked and counted by the worker.
 */
export const FLOW_STATE = 0; // u32 FLOW_STATE_*
export const FLOW_MASK = 4; // u32 address of the mask record
export const FLOW_PROGRAM = 8; // u32 address of the action program (u32 byte length first, then the program)
export const FLOW_HASH = 12; // u32 hash of the packed words (worker)
export const FLOW_PACKETS = 16; // u64
export const FLOW_BYTES = 24; // u64
export const FLOW_USED = 32; // u64 milliseconds of CLOCK_MONOTONIC of the last packet, 0 = never
export const FLOW_TCP_FLAGS = 40; // u16 as in the key, ored; 42..43 zero
export const FLOW_ID = 44; // u32 the main thread's handle
export const FLOW_GENERATION = 48; // u32 counts reuses of this record, so that a stale cache entry is noticed
export const FLOW_OFFLOADS = 52; // u32 worker's: slots of the kernel that forward packets of this flow (offload.ts)
export const FLOW_FITNESS = 56; // u32 worker's: FITNESS_* of its program and mask, 0 = not looked at yet
export const FLOW_PROGRAM_SENT = 60; // u32 main's: the program that the worker was last told of
export const FLOW_KEY = 64; // masked key: 16 bytes for each block that the mask record lists, in its order
export const FLOW_HEADER_SIZE = 64;
export const FLOW_STATE_FREE = 0;
export const FLOW_STATE_LIVE = 1;
export const FLOW_STATE_DEAD = 2;
