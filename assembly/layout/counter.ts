/**
 * Counters: u64 each, at COUNTERS_BASE.  Index = one of these; drops follow at COUNTER_DROP + DROP_*.
 */
export const COUNTER_BATCHES = 0;
export const COUNTER_PACKETS = 1; // packets looked up, recirculated ones again
export const COUNTER_RECIRCULATED = 2;
export const COUNTER_CACHE_HIT = 3;
export const COUNTER_MEGAFLOW_HIT = 4;
export const COUNTER_MASKS_PROBED = 5;
export const COUNTER_MISS = 6;
export const COUNTER_UPCALL = 7;
export const COUNTER_EXECUTED = 8; // packets executed for the slow path
export const COUNTER_SEGMENTED = 9; // super-packets cut in software
export const COUNTER_CSUM_FINISHED = 10; // checksums finished in software
export const COUNTER_CLONED = 11;
export const COUNTER_REASSEMBLED = 12;
export const COUNTER_CT_CREATED = 13;
export const COUNTER_CT_EXPIRED = 14;
export const COUNTER_CT_COUNT = 15; // connections now
export const COUNTER_SPENT = 16; // originals whose copies went out, and nothing was left to do
export const COUNTER_DROP = 32;
export const COUNTER_COUNT = 128;

/** Why a packet was dropped; src/fastpath/drop-reasons.ts holds the sentences. */
export const DROP_ACTION = 0; // an explicit drop, or no action at all
export const DROP_UPCALL_LOST = 1; // upcall ring full
export const DROP_NO_PORT = 2; // output to a port that does not exist
export const DROP_PORT_DOWN = 3;
export const DROP_TX_FULL = 4; // the kernel took no more
export const DROP_TX_ERROR = 5;
export const DROP_RECIRC_DEPTH = 6; // more than RECIRC_LIMIT passes
export const DROP_METER = 7;
export const DROP_TOO_LONG = 8; // longer than the way out allows, and not to be segmented
export const DROP_TORN = 9; // shorter than an Ethernet header, or longer than the buffer
export const DROP_NO_BUFFER = 10; // no packet record, clone head or segment buffer left
export const DROP_CT_FULL = 11; // connection table or zone limit
export const DROP_CT_NAT_EXHAUSTED = 12;
export const DROP_FRAGMENT_WAITING = 13; // held for reassembly (not lost yet)
export const DROP_FRAGMENT_EXPIRED = 14; // reassembly timed out, overlapped or overflowed
export const DROP_BAD_PROGRAM = 15; // an instruction the fast path does not know
export const DROP_NO_BUCKET = 16; // select group without a live bucket
export const DROP_TUNNEL = 17; // header broken or no way to encapsulate
export const DROP_SLOW_PATH = 18; // the slow path could not translate (its own reasons are counted there)
export const DROP_BAD_SET = 19; // a set action on a packet without that header
export const DROP_INVALID_EXECUTE = 20; // a broken execute command
export const DROP_UPCALL_SHARE = 21; // its port has its share of the upcall ring waiting
export const DROP_REASONS = 22;
