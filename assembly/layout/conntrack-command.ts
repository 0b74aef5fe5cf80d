/** Arguments of the conntrack commands, from COMMAND_ARGS. */
export const CT_FLUSH_FLAGS = 0; // u32
export const CT_FLUSH_ZONE = 4; // u32
export const CT_FLUSH_FAMILY = 8; // u8 4 or 6
export const CT_FLUSH_PROTOCOL = 9; // u8
export const CT_FLUSH_SRC_L4 = 12; // u32 as TUPLE_SRC_L4
export const CT_FLUSH_DST_L4 = 16; // u32
export const CT_FLUSH_SRC = 20; // 16 bytes, IPv4 in the first four
export const CT_FLUSH_DST = 36; // 16 bytes
export const CT_FLUSH_SIZE = 52;
export const CT_FLUSH_BY_ZONE = 1;
export const CT_FLUSH_BY_TUPLE = 2; // exactly one connection, given by either direction; needs the zone
export const CT_CONFIG_MAX_CONNECTIONS = 1;
export const CT_CONFIG_SEQUENCE_CHECK = 2;
export const CT_CONFIG_FRAGMENTS_V4 = 3; // 1 = reassemble
export const CT_CONFIG_FRAGMENTS_V6 = 4;
export const CT_CONFIG_FRAGMENT_MIN_V4 = 5; // bytes of L3: shorter fragments but the last are invalid
export const CT_CONFIG_FRAGMENT_MIN_V6 = 6;
export const CT_CONFIG_FRAGMENT_LIMIT = 7; // most fragments held
export const CT_LIMIT_ALL_ZONES: u32 = 0xffff_ffff;
