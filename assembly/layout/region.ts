/**
 * The header that regions open with which may outlive a process: conntrack, the arena (megaflows, programs, bucket counters),
 * meters. Whoever maps the memory again sees by it whether he can read what is there.
 */
export const REGION_MAGIC = 0; // u32 REGION_*, written last
export const REGION_LAYOUT = 4; // u32 hash of all layouts (src/fastpath/layout-hash.ts)
export const REGION_GENERATION = 8; // u32 how many processes have used this region
export const REGION_HEADER_SIZE = 16;
export const REGION_CONNTRACK = 0x4d46_4354; // "MFCT"
export const REGION_ARENA = 0x4d46_4152; // "MFAR"
export const REGION_METERS = 0x4d46_4d45; // "MFME"
