/**
 * Geneve options that have a place in the key (the TLV map of OpenFlow), at GENEVE_OPTIONS_BASE: u32 n, then n entries.
 */
export const GENEVE_OPTIONS = 8; // first entry
export const GENEVE_OPTION_CLASS = 0; // u16 network order
export const GENEVE_OPTION_TYPE = 2; // u8
export const GENEVE_OPTION_BYTES = 3; // u8 length of the option's data
export const GENEVE_OPTION_INDEX = 4; // u16 n of tun_metadata n
export const GENEVE_OPTION_OFFSET = 6; // u16 from KEY_TUN_METADATA on
export const GENEVE_OPTION_SIZE = 8;
export const GENEVE_OPTION_LIMIT = 64;
