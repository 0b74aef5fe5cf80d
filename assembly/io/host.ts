/** What the fast path asks of the thread that runs it: the system calls WebAssembly cannot make. */

/** Sends the whole transmit queue of `port` and leaves it empty; what the kernel does not take is dropped and counted. */
@external("env", "flushPort")
export declare function flushPort(port: u32): void;

/**
 * Receives up to `count` frames that were too long for a ring frame of `port` into the receive buffers 0..count-1
 * (BUFFER_LENGTH set in each); how many came.
 */
@external("env", "receiveLong")
export declare function receiveLong(port: u32, count: u32): u32;
