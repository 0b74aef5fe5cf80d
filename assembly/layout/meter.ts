/**
 * Meter record (RFC-less; OpenFlow 1.3 §5.7): token buckets in 1/1000 units per millisecond.
 */
export const METER_STATE = 0; // u32 1 = in use
export const METER_FLAGS = 4; // u32 METER_FLAG_*
export const METER_BANDS = 8; // u32 n (<= METER_MAX_BANDS)
export const METER_PACKETS = 16; // u64
export const METER_BYTES = 24; // u64
export const METER_USED = 32; // u64 milliseconds, CONTROL_NOW of the last packet
export const METER_MAX_DELTA = 40; // u32 milliseconds that fill any band's bucket: more do not count
export const METER_BAND = 64; // bands
export const METER_BAND_RATE = 0; // u32 kbps or pktps
export const METER_BAND_BURST = 4; // u32 kbit or packets
export const METER_BAND_TOKENS = 8; // u64 bits, or 1/1000 packets: what a millisecond at RATE adds is RATE
export const METER_BAND_PACKETS = 16; // u64
export const METER_BAND_BYTES = 24; // u64
export const METER_BAND_SIZE = 32;
export const METER_SIZE = 320;
export const METER_FLAG_KBPS = 1;
export const METER_FLAG_PKTPS = 2;
export const METER_FLAG_BURST = 4;
export const METER_FLAG_STATS = 8;
