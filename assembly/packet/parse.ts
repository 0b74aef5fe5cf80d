/** Parses a frame into its record's flow key and offsets. */

/** Fills key, extent, offsets, flags, L3 length and RSS hash of a packet that has just come in. */
export function parse(packet: usize): void {}

/** As `parse`, but keeps the key's metadata (recirculation, conntrack, marks, tunnel) and the RSS hash. */
export function reparse(packet: usize): void {}
