/**
 * What each port has in the upcall ring: one record for each port number, and a last one for packets of no port.
 * Both words run free (u32, wrap naturally); their difference is what waits.
 */
export const SHARE_ASKED = 0; // u32 bytes of upcalls written by the worker
export const SHARE_ANSWERED = 4; // u32 bytes that the main thread has read (atomic)
export const SHARE_SIZE = 8;
