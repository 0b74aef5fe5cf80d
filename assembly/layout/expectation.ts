/** Expectation: a connection that an ALG foresees; kept while its parent or a connection that answered it lives. */
export const EXPECTATION_STATE = 0; // u32 0 = free, 1 = waits for connections, 2 = the parent is gone
export const EXPECTATION_KEY = 4; // u32 as CONN_KEY
export const EXPECTATION_NEXT = 8; // u32 next in its chain, or of the free list
export const EXPECTATION_SIBLING = 12; // u32 next expectation of the same parent
export const EXPECTATION_TUPLE = 16; // TUPLE_SIZE; src_l4 is any
export const EXPECTATION_CHILDREN = 32; // u32 live connections that point here
export const EXPECTATION_FLAGS = 36; // u32 1 = the replacement is a destination of the reply (SNAT), else its source
export const EXPECTATION_MARK = 40; // u32 of the parent when it was made
export const EXPECTATION_PARENT_KEY = 44; // u32 as CONN_KEY
export const EXPECTATION_LABEL = 48; // 16 bytes
export const EXPECTATION_TUPLE6 = 64; // TUPLE6_SIZE
export const EXPECTATION_REPLACEMENT = 96; // 16 bytes: address for the reply tuple, IPv4 in the first four
export const EXPECTATION_REPLACEMENT_DIGEST = 112; // u32 as in a tuple
export const EXPECTATION_PARENT_TUPLE = 128; // TUPLE_SIZE: the parent's original direction
export const EXPECTATION_PARENT_TUPLE6 = 144; // TUPLE6_SIZE
export const EXPECTATION_SIZE = 192;
export const MAX_EXPECTATIONS = 4096; // a power of two
export const MAX_EXPECTATIONS_PER_PARENT = 16;
