/**
 * Geneve (RFC 8926) with the options that the TLV map gives a place in the key.
 *
 *   0 version(2 bits) option words(6) | 1 O(1) C(1) reserved(6) | 2 protocol(2) | 4 VNI(3) | 7 reserved
 *   8 options, each: class(2) type(1, top bit: critical) reserved(3 bits) words(5) data
 *
 * Invariants: a critical option that the map does not know makes the header unreadable (§3.5.1).
 * Not handled: protocols other than Ethernet.
 */
import { GENEVE_OPTIONS, GENEVE_OPTION_BYTES, GENEVE_OPTION_CLASS, GENEVE_OPTION_INDEX, GENEVE_OPTION_LIMIT, GENEVE_OPTION_OFFSET, GENEVE_OPTION_SIZE, GENEVE_OPTION_TYPE } from "../layout/geneve-option.ts";
import { KEY_SIZE, KEY_TUN_FLAGS, KEY_TUN_ID, KEY_TUN_METADATA, KEY_TUN_METADATA_PRESENT, TUN_FLAG_OAM } from "../layout/key.ts";
import { GENEVE_OPTIONS_BASE } from "../memory.ts";

export const GENEVE_SIZE: u32 = 8;
/** What six bits of four-byte words can say. */
const MOST_OPTION_BYTES: u32 = 252;
const TRANS_ETHERNET: u16 = 0x5865; // 0x6558 as loaded
const OAM: u8 = 0x80;
const CRITICAL_OPTIONS: u8 = 0x40;
const CRITICAL: u8 = 0x80;
const METADATA_BYTES: usize = KEY_SIZE - KEY_TUN_METADATA;

/**
 * Reads a header of which `bytes` bytes are there into tunnel fields (`fields` + KEY_TUN_*, all zero before): VNI, O flag, options.
 * Its length, 0 when it is torn, malformed, or not for us.
 */
export function readGeneve(header: usize, bytes: u32, fields: usize): u32 {
  if (bytes < GENEVE_SIZE) return 0;
  const optionBytes = <u32>(load<u8>(header) & 0x3f) << 2;
  if (load<u8>(header) >> 6 != 0 || load<u16>(header, 2) != TRANS_ETHERNET || GENEVE_SIZE + optionBytes > bytes) return 0;
  store<u64>(fields, bswap<u64>(bswap<u32>(load<u32>(header, 4)) >> 8), KEY_TUN_ID);
  if (load<u8>(header, 1) & OAM) {
    store<u16>(fields, load<u16>(fields, KEY_TUN_FLAGS) | bswap<u16>(<u16>TUN_FLAG_OAM), KEY_TUN_FLAGS);
  }
  return readOptions(header + GENEVE_SIZE, optionBytes, fields) ? GENEVE_SIZE + optionBytes : 0;
}

function readOptions(options: usize, bytes: u32, fields: usize): bool {
  let present: u64 = 0;
  let at: u32 = 0;
  while (at < bytes) {
    const option = options + at;
    const dataBytes = <u32>(load<u8>(option, 3) & 0x1f) << 2;
    at += 4 + dataBytes;
    if (at > bytes) return false;
    const entry = mapEntry(load<u16>(option), load<u8>(option, 2), dataBytes);
    if (entry != 0) {
      const offset: usize = load<u16>(entry, GENEVE_OPTION_OFFSET);
      if (offset + dataBytes > METADATA_BYTES) return false;
      memory.copy(fields + KEY_TUN_METADATA + offset, option + 4, dataBytes);
      present |= (<u64>1) << load<u16>(entry, GENEVE_OPTION_INDEX);
    } else if (load<u8>(option, 2) & CRITICAL) {
      return false;
    }
  }
  store<u64>(fields, bswap<u64>(present), KEY_TUN_METADATA_PRESENT);
  return true;
}

function mapEntry(optionClass: u16, type: u32, bytes: u32): usize {
  const entries = optionEntries();
  for (let i: u32 = 0; i < entries; i++) {
    const entry = optionEntry(i);
    if (load<u16>(entry, GENEVE_OPTION_CLASS) != optionClass) continue;
    if (<u32>load<u8>(entry, GENEVE_OPTION_TYPE) == type && <u32>load<u8>(entry, GENEVE_OPTION_BYTES) == bytes) return entry;
  }
  return 0;
}

/** Writes the header that tunnel fields ask for; its length, 0 when the options are too many. */
export function writeGeneve(header: usize, fields: usize): u32 {
  const present = bswap<u64>(load<u64>(fields, KEY_TUN_METADATA_PRESENT));
  let flags: u8 = bswap<u16>(load<u16>(fields, KEY_TUN_FLAGS)) & TUN_FLAG_OAM ? OAM : 0;
  let at: u32 = GENEVE_SIZE;
  const entries = present != 0 ? optionEntries() : 0;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = optionEntry(i);
    if ((present & ((<u64>1) << load<u16>(entry, GENEVE_OPTION_INDEX))) == 0) continue;
    const bytes: u32 = load<u8>(entry, GENEVE_OPTION_BYTES) & 0x7c;
    const offset: usize = load<u16>(entry, GENEVE_OPTION_OFFSET);
    if (at + 4 + bytes > GENEVE_SIZE + MOST_OPTION_BYTES || offset + bytes > METADATA_BYTES) return 0;
    const option = header + at;
    store<u16>(option, load<u16>(entry, GENEVE_OPTION_CLASS));
    const type = load<u8>(entry, GENEVE_OPTION_TYPE);
    if (type & CRITICAL) flags |= CRITICAL_OPTIONS;
    store<u8>(option, type, 2);
    store<u8>(option, <u8>(bytes >> 2), 3);
    memory.copy(option + 4, fields + KEY_TUN_METADATA + offset, bytes);
    at += 4 + bytes;
  }
  store<u8>(header, <u8>((at - GENEVE_SIZE) >> 2));
  store<u8>(header, flags, 1);
  store<u16>(header, TRANS_ETHERNET, 2);
  store<u32>(header, load<u32>(fields, KEY_TUN_ID + 4) >> 8, 4); // bytes 5..7 of the id, then a zero
  return at;
}

@inline
function optionEntries(): u32 {
  return min<u32>(load<u32>(GENEVE_OPTIONS_BASE), GENEVE_OPTION_LIMIT);
}

@inline
function optionEntry(index: u32): usize {
  return GENEVE_OPTIONS_BASE + GENEVE_OPTIONS + <usize>index * GENEVE_OPTION_SIZE;
}
