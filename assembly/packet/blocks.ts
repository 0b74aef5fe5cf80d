/**
 * Clearing and copying records and keys, 16 bytes at a time.
 *
 * memory.fill and memory.copy leave WebAssembly for a C function: some 8 ns, which a batch would pay several times a packet.
 * `bytes` is rounded up to 16: whoever calls has the room (keys have KEY_STRIDE bytes, records PACKET_SIZE).
 */

@inline
export function clearBlocks(address: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(address + at, i64x2.splat(0));
}

@inline
export function copyBlocks(target: usize, source: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, v128.load(source + at));
}
