/**
 * VXLAN (RFC 7348 §5).
 *
 *   0 flags(1), 0x08: the VNI is valid | 1 reserved(3) | 4 VNI(3) | 7 reserved
 *
 * Not handled: VXLAN-GBP (group policy) and VXLAN-GPE.
 */
import { KEY_TUN_ID } from "../layout/key.ts";

export const VXLAN_SIZE: u32 = 8;
const VNI_VALID: u32 = 0x08;

/** Reads a header of which `bytes` bytes are there into tunnel fields; its length, 0 when it is torn or has no VNI. */
export function readVxlan(header: usize, bytes: u32, fields: usize): u32 {
  if (bytes < VXLAN_SIZE || (load<u8>(header) & VNI_VALID) == 0) return 0;
  store<u64>(fields, bswap<u64>(bswap<u32>(load<u32>(header, 4)) >> 8), KEY_TUN_ID);
  return VXLAN_SIZE;
}

/** Writes the header that tunnel fields ask for; its length. */
export function writeVxlan(header: usize, fields: usize): u32 {
  store<u32>(header, VNI_VALID);
  store<u32>(header, load<u32>(fields, KEY_TUN_ID + 4) >> 8, 4);
  return VXLAN_SIZE;
}
