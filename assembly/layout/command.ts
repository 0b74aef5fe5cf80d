/** Command record (main -> worker). */
export const COMMAND_TYPE = 4; // u32 COMMAND_*
export const COMMAND_SEQUENCE = 8; // u32
export const COMMAND_ARGS = 16;
export const COMMAND_FLOW_INSERT = 1; // +16 u32 flow
export const COMMAND_FLOW_REMOVE = 2; // +16 u32 flow: unlinked and marked dead; the record is free after the acknowledgement
export const COMMAND_FLOW_PROGRAM = 3; // +16 u32 flow, +20 u32 program
export const COMMAND_EXECUTE = 4; // an upcall record's fields from COMMAND_EXECUTE_* on, frame and program
export const COMMAND_CT_FLUSH = 5; // +16 CT_FLUSH_*
export const COMMAND_METER_SET = 6; // +16 u32 index, +20 meter record bytes
export const COMMAND_METER_DELETE = 7; // +16 u32 index
export const COMMAND_CT_LIMIT = 8; // +16 u32 zone (0xffffffff default), +20 u32 limit, +24 u32 1 = set, 0 = delete
export const COMMAND_CT_CONFIG = 9; // +16 u32 CT_CONFIG_* key, +20 u32 value
export const COMMAND_CT_TIMEOUT = 10; // +16 u32 policy, then u32 seconds in the order of conntrack/timeouts
export const COMMAND_CACHE_CLEAR = 11;
export const COMMAND_EXECUTE_IN_PORT = 16; // u32
export const COMMAND_EXECUTE_PROGRAM_LENGTH = 20; // u32 bytes
export const COMMAND_EXECUTE_LENGTH = 24; // u32 bytes of frame
export const COMMAND_EXECUTE_FLAGS = 28; // u32: 1 = use the key given (metadata, ct), else parse afresh
export const COMMAND_EXECUTE_DEPTH = 32; // u32
export const COMMAND_EXECUTE_RSS_HASH = 36; // u32
export const COMMAND_EXECUTE_VNET = 40; // 10 bytes
export const COMMAND_EXECUTE_CONNECTION = 56; // u32
export const COMMAND_EXECUTE_BUCKET = 60; // u32
export const COMMAND_EXECUTE_KEY = 64; // KEY_SIZE bytes
export const COMMAND_EXECUTE_BODY = 480; // program (padded to 8), PACKET_MIN_HEADROOM free bytes, frame
