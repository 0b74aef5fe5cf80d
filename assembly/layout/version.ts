/**
 * Every record that lives in linear memory: field, offset, size, meaning. One file a record.
 *
 * What: plain constants, compiled by asc (the fast path) AND by tsc (everything else); no other file writes an
 *   offset, an opcode, a flag or a limit of these records down again.
 * Invariants: no imports, no strings, no code. Offsets are in bytes from the start of the record. Addresses stored
 *   in records are offsets into linear memory (u32, 0 = none), never host addresses, unless the comment says so.
 * Byte order: a flow key is in network byte order throughout (every field is a big-endian bit string), so that the
 *   fast path copies packet bytes into it unchanged and the slow path can treat any run of bits alike.
 *   All other records are little-endian, as WebAssembly is.
 */

/** Changes whenever a layout of this folder changes; stored in every long-lived region's header. */
export const LAYOUT_VERSION = 1;
