/**
 * ARP and RARP for IPv4 over Ethernet (RFC 826, RFC 903).
 *
 *   0 hardware(2)=1 | 2 protocol(2)=0800 | 4 hardware length(1)=6 | 5 protocol length(1)=4 | 6 operation(2)
 *   8 sender hardware(6) | 14 sender protocol(4) | 18 target hardware(6) | 24 target protocol(4)
 *
 * Not handled: other hardware or protocols: no ARP field in the key. Operations past 255: nw_proto stays 0, as in OVS.
 */
import { KEY_ARP_SHA, KEY_EXTENT_ARP, KEY_NW_DST, KEY_NW_PROTO, KEY_NW_SRC } from "../layout/key.ts";
import { PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { markTorn } from "./torn.ts";

export const ARP_OPERATION = 6;
export const ARP_SENDER_HARDWARE = 8;
export const ARP_SENDER_PROTOCOL = 14;
export const ARP_TARGET_HARDWARE = 18;
export const ARP_TARGET_PROTOCOL = 24;
export const ARP_SIZE: u32 = 28;
/** The first six bytes, loaded as a little-endian number. */
const ETHERNET_IPV4: u64 = 0x0406_0008_0100;

@inline
export function isEthernetArp(header: usize): bool {
  return (load<u64>(header) & 0xffff_ffff_ffff) == ETHERNET_IPV4;
}

export function parseArp(packet: usize, key: usize, header: usize, readable: u32): void {
  if (readable < ARP_SIZE) {
    markTorn(packet);
    return;
  }
  if (!isEthernetArp(header)) return;
  store<u32>(packet, max<u32>(load<u32>(packet, PACKET_KEY_EXTENT), KEY_EXTENT_ARP), PACKET_KEY_EXTENT);
  if (load<u8>(header, ARP_OPERATION) == 0) store<u8>(key, load<u8>(header, ARP_OPERATION + 1), KEY_NW_PROTO);
  store<u32>(key, load<u32>(header, ARP_SENDER_PROTOCOL), KEY_NW_SRC);
  store<u32>(key, load<u32>(header, ARP_TARGET_PROTOCOL), KEY_NW_DST);
  store<u32>(key, load<u32>(header, ARP_SENDER_HARDWARE), KEY_ARP_SHA);
  store<u16>(key, load<u16>(header, ARP_SENDER_HARDWARE + 4), KEY_ARP_SHA + 4);
  store<u16>(key, load<u16>(header, ARP_TARGET_HARDWARE), KEY_ARP_SHA + 6);
  store<u32>(key, load<u32>(header, ARP_TARGET_HARDWARE + 2), KEY_ARP_SHA + 8);
}
