/**
 * The kernel's receive ring of a packet socket, mapped into linear memory: struct tpacket2_hdr (linux/if_packet.h).
 *
 *   0 status(4)  4 len(4)  8 snaplen(4)  12 mac(2)  14 net(2)  16 sec(4)  20 nsec(4)  24 vlan_tci(2)  26 vlan_tpid(2)
 *   32 … sockaddr_ll, PACKET_RESERVE bytes, virtio-net header(10), frame at `mac`
 *
 * What: frames of RING_FRAME_SIZE bytes hold what is not longer than an ordinary MTU. Longer ones (super-packets, jumbo
 *   frames) leave only their beginning here, marked COPY, and wait whole in the socket's receive queue in the same
 *   order. So 4096 small frames fit in 8 MiB, and the room for super-packets is taken only while they wait.
 * Invariants: the kernel owns a frame while status is 0. It stores status last, and so do we when we give it back.
 */

export const RING_STATUS = 0; // u32
export const RING_LENGTH = 4; // u32 bytes on the wire
export const RING_SNAPLEN = 8; // u32 bytes that are in the frame
export const RING_MAC = 12; // u16 offset of the Ethernet header
export const RING_VLAN_TCI = 24; // u16
export const RING_VLAN_TPID = 26; // u16
export const RING_HEADER_SIZE = 32; // what must stay untouched until the frame is given back

export const RING_USER: u32 = 1; // TP_STATUS_USER
export const RING_COPY: u32 = 2; // TP_STATUS_COPY
export const RING_VLAN_VALID: u32 = 0x10; // TP_STATUS_VLAN_VALID
export const RING_VLAN_TPID_VALID: u32 = 0x40; // TP_STATUS_VLAN_TPID_VALID
