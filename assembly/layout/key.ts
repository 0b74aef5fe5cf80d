/**
 * Flow key: 52 words of 64 bits, ordered metadata | L2 | L3 | L4 | less common.  Words 0..7 (one cache line) hold
 * everything that an untracked or tracked IPv4 packet usually needs; a packet's key extent (PACKET_KEY_EXTENT)
 * says how many bytes from 0 on may be non-zero.
 *
 *   0 recirc_id      in_port        | 8 dp_hash   ct_mark     | 16 ct_state ct_zone pkt_mark
 *  24 eth_dst(6) eth_src(6) eth_type(2) nw_frag(1) nw_proto(1)| 40 tpid0 tci0 tpid1 tci1
 *  48 nw_src         nw_dst         | 56 nw_tos nw_ttl tcp_flags tp_src tp_dst
 *  64 ct_label(16)                  | 80 ct_nw_src ct_nw_dst ct_tp_src ct_tp_dst ct_nw_proto
 *  96 arp_sha(6) arp_tha(6) nd_reserved | 112 ipv6_src(16) ipv6_dst(16) ipv6_label nd_options_type
 * 152 nd_target(16) | 168 ct_ipv6_src(16) ct_ipv6_dst(16) | 200 skb_priority mpls_lse[3]
 * 216 tunnel: tun_id tun_src tun_dst tun_ipv6_src tun_ipv6_dst flags tos ttl tp_src tp_dst gbp metadata(128)
 */
export const KEY_RECIRC_ID = 0; // u32
export const KEY_IN_PORT = 4; // u32, datapath port number
export const KEY_DP_HASH = 8; // u32, 0 = not computed
export const KEY_CT_MARK = 12; // u32
export const KEY_CT_STATE = 16; // u16, CT_STATE_*
export const KEY_CT_ZONE = 18; // u16
export const KEY_PKT_MARK = 20; // u32
export const KEY_ETH_DST = 24; // 6 bytes
export const KEY_ETH_SRC = 30; // 6 bytes
export const KEY_ETH_TYPE = 36; // u16, innermost; 0x05ff for 802.2 without SNAP
export const KEY_NW_FRAG = 38; // u8, NW_FRAG_*
export const KEY_NW_PROTO = 39; // u8, IP protocol, or the low byte of the ARP opcode
export const KEY_VLAN_TPID0 = 40; // u16, outer tag
export const KEY_VLAN_TCI0 = 42; // u16, with VLAN_CFI set when the tag is there
export const KEY_VLAN_TPID1 = 44; // u16, inner tag
export const KEY_VLAN_TCI1 = 46; // u16
export const KEY_NW_SRC = 48; // IPv4 source, or ARP sender protocol address
export const KEY_NW_DST = 52; // IPv4 destination, or ARP target protocol address
export const KEY_NW_TOS = 56; // u8, DSCP and ECN (IPv6: traffic class)
export const KEY_NW_TTL = 57; // u8 (IPv6: hop limit)
export const KEY_TCP_FLAGS = 58; // u16, 12 bits used
export const KEY_TP_SRC = 60; // u16, port; ICMP type for ICMP and ICMPv6
export const KEY_TP_DST = 62; // u16, port; ICMP code
export const KEY_CT_LABEL = 64; // 16 bytes
export const KEY_CT_NW_SRC = 80; // original direction tuple of the connection
export const KEY_CT_NW_DST = 84;
export const KEY_CT_TP_SRC = 88; // u16
export const KEY_CT_TP_DST = 90; // u16
export const KEY_CT_NW_PROTO = 92; // u8; 93..95 zero
export const KEY_ARP_SHA = 96; // 6 bytes; ND: source link-layer address (nd_sll)
export const KEY_ARP_THA = 102; // 6 bytes; ND: target link-layer address (nd_tll)
export const KEY_ND_RESERVED = 108; // u32
export const KEY_IPV6_SRC = 112; // 16 bytes
export const KEY_IPV6_DST = 128; // 16 bytes
export const KEY_IPV6_LABEL = 144; // u32, 20 bits used
export const KEY_ND_OPTIONS_TYPE = 148; // u8; 149..151 zero
export const KEY_ND_TARGET = 152; // 16 bytes
export const KEY_CT_IPV6_SRC = 168; // 16 bytes
export const KEY_CT_IPV6_DST = 184; // 16 bytes
export const KEY_SKB_PRIORITY = 200; // u32
export const KEY_MPLS_LSE0 = 204; // u32, outermost
export const KEY_MPLS_LSE1 = 208;
export const KEY_MPLS_LSE2 = 212;
export const KEY_TUN_ID = 216; // u64
export const KEY_TUN_SRC = 224; // u32
export const KEY_TUN_DST = 228; // u32
export const KEY_TUN_IPV6_SRC = 232; // 16 bytes
export const KEY_TUN_IPV6_DST = 248; // 16 bytes
export const KEY_TUN_FLAGS = 264; // u16, TUN_FLAG_*
export const KEY_TUN_TOS = 266; // u8
export const KEY_TUN_TTL = 267; // u8
export const KEY_TUN_TP_SRC = 268; // u16
export const KEY_TUN_TP_DST = 270; // u16
export const KEY_TUN_GBP_ID = 272; // u16
export const KEY_TUN_GBP_FLAGS = 274; // u8; 275..279 zero
export const KEY_TUN_METADATA_PRESENT = 280; // u64, bit n = tun_metadata n is there
export const KEY_TUN_METADATA = 288; // 128 bytes, options in the order of the TLV map
export const KEY_SIZE = 416;
/** Room between two keys in an array of keys: whole cache lines. */
export const KEY_STRIDE = 448;
export const KEY_WORDS = 52;
export const KEY_BLOCKS = 26;
/** Extents: bytes from 0 on that may be non-zero. */
export const KEY_EXTENT_IPV4 = 64;
export const KEY_EXTENT_CT4 = 96;
export const KEY_EXTENT_ARP = 112;
export const KEY_EXTENT_IPV6 = 168;
export const KEY_EXTENT_CT6 = 200;
export const KEY_EXTENT_MPLS = 216;

export const VLAN_CFI = 0x1000; // "tag present" in KEY_VLAN_TCI*
export const NW_FRAG_ANY = 1; // any fragment
export const NW_FRAG_LATER = 2; // not the first fragment: no L4 header
export const TUN_FLAG_DF = 1;
export const TUN_FLAG_CSUM = 2;
export const TUN_FLAG_KEY = 4;
export const TUN_FLAG_OAM = 8;

export const CT_STATE_NEW = 0x01;
export const CT_STATE_ESTABLISHED = 0x02;
export const CT_STATE_RELATED = 0x04;
export const CT_STATE_REPLY = 0x08;
export const CT_STATE_INVALID = 0x10;
export const CT_STATE_TRACKED = 0x20;
export const CT_STATE_SNAT = 0x40;
export const CT_STATE_DNAT = 0x80;
