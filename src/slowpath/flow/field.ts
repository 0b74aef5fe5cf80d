/** A match field (OXM/NXM) and a run of its bits. The list of all fields is in `fields.ts`. */

export type Prerequisite =
  | "none"
  | "ethernet"
  | "vlan"
  | "ipv4"
  | "ipv6"
  | "ip" // IPv4 or IPv6
  | "arp"
  | "mpls"
  | "tcp"
  | "udp"
  | "sctp"
  | "icmpv4"
  | "icmpv6"
  | "nd"
  | "nd_solicit"
  | "nd_advert"
  | "ct";

export interface Field {
  /** OVS's first name, which set_field and group fields print: ip_src, reg0, ct_state … (matches print nw_src: match-text.ts). */
  readonly name: string;
  /** Other names accepted on input: nw_src, NXM_OF_IP_SRC, OXM_OF_IPV4_SRC … */
  readonly aliases: readonly string[];
  /** NXM/OXM name printed in moves, pushes and learn specs: NXM_OF_IP_SRC. */
  readonly nxmName: string;
  /** OVS's mf_field_id order: the order in which select groups hash fields. */
  readonly id: number;
  /** Byte offset in the flow (flow-layout.ts), bytes it takes there, and bits of the field (right-aligned in those bytes). */
  readonly offset: number;
  readonly bytes: number;
  readonly bits: number;
  /** Bits of those bytes to the right of the field, which belong to others: vlan_pcp, ip_dscp, mpls_label; 0 for most. */
  readonly shift: number;
  /** Bits as OpenFlow counts them: more than `bits` where the flow has room for the low ones only (arp_op). */
  readonly namedBits: number;
  readonly maskable: boolean;
  readonly writable: boolean;
  readonly prerequisite: Prerequisite;
  /** How values print: decimal, hexadecimal, MAC, IPv4, IPv6, port name, ct_state flags, TCP flags, fragment words. */
  readonly format:
    | "decimal"
    | "hex"
    | "mac"
    | "ipv4"
    | "ipv6"
    | "port"
    | "ct_state"
    | "tcp_flags"
    | "frag"
    | "tunnel_flags"
    | "packet_type";
}

/** `field[start..start+bits-1]`, bit 0 = least significant. */
export interface Subfield {
  readonly field: Field;
  readonly start: number;
  readonly bits: number;
}
