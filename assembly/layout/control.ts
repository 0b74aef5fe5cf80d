/**
 * Control block, at CONTROL_BASE: words that both threads look at.
 */
export const CONTROL_MAGIC = 0; // u32
export const CONTROL_LAYOUT = 4; // u32 hash of all layouts
export const CONTROL_HOST_BASE = 16; // u64 host address of linear offset 0: for iovecs handed to the kernel
export const CONTROL_HASH_SEED = 24; // u32 random per start
export const CONTROL_NOW = 32; // u64 milliseconds of CLOCK_MONOTONIC, set by the worker before each batch
export const CONTROL_NOW_US = 40; // u64 microseconds, same moment (meters)
export const CONTROL_WORKER_STATE = 64; // u32 WORKER_* (atomic)
export const CONTROL_COMMAND_DONE = 68; // u32 sequence of the last command applied (atomic, notified)
export const CONTROL_UPCALL_BELL = 72; // u32 counts upcall batches (atomic, notified)
export const CONTROL_QUIESCENT = 76; // u32 counts loops of the worker
export const CONTROL_STOP = 80; // u32 1 = the worker must leave
export const CONTROL_MAILBOX = 84; // u32 1 = a message waits in the worker's message port
export const CONTROL_RANDOM = 88; // u64 state of the fast path's random numbers
export const CONTROL_POOL_NEXT = 96; // u32 packet records handed out in this batch
export const CONTROL_WAITING = 100; // u32 packets that wait for another pass of look-up (assembly/pipeline.ts)
export const CONTROL_UPCALLS = 104; // u32 upcalls written and not yet announced by the bell
export const CONTROL_COMMAND_READ = 108; // u32 position in the command ring up to which commands are applied, not yet released
export const CONTROL_RANKED_AT = 112; // u64 milliseconds: when the masks were last put in order of their hits
export const CONTROL_CACHE_OFF = 120; // u32 1 = every packet is looked up in the megaflow tables
export const CONTROL_SIZE = 256;
export const CONTROL_MAGIC_VALUE = 0x4d46_4c57; // "MFLW"
export const WORKER_STARTING = 0;
export const WORKER_RUNNING = 1;
export const WORKER_SLEEPING = 2; // in poll: write to its eventfd to wake it
export const WORKER_STOPPED = 3;
