/** Matches that several stages share. */
import type { Address } from "../network/ip.ts";
import type { Part } from "./rules.ts";

export const IP: Part = ["ip", "ipv6"];
/** Broadcast and multicast Ethernet destinations. */
export const MULTICAST = "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00";
export const MULTICAST_SOURCE = "dl_src=01:00:00:00:00:00/01:00:00:00:00:00";
export const BROADCAST = "dl_dst=ff:ff:ff:ff:ff:ff";
export const TAGGED = "vlan_tci=0x1000/0x1000";
export const IPV4_MULTICAST = `ip,${MULTICAST},nw_dst=224.0.0.0/4`;
export const IPV6_MULTICAST = "ipv6,dl_dst=33:33:00:00:00:00/ff:ff:00:00:00:00,ipv6_dst=ff00::/8";
export const NOT_LATER_FRAGMENT = "nw_frag=not_later";

/** RFC 4861 section 7.1: a hop limit of 255 proves that no router forwarded it. */
const neighborDiscovery = (type: number): string => `icmp6,nw_ttl=255,icmp_type=${type},icmp_code=0`;
export const ROUTER_SOLICITATION = neighborDiscovery(133);
export const ROUTER_ADVERTISEMENT = neighborDiscovery(134);
export const NEIGHBOR_SOLICITATION = neighborDiscovery(135);
export const NEIGHBOR_ADVERTISEMENT = neighborDiscovery(136);

/** Multicast listener reports and queries: RFC 2710, RFC 3810. */
const MULTICAST_LISTENER = [
  "icmp6,ipv6_src=fe80::/10,icmp_type=130",
  "icmp6,ipv6_src=fe80::/10,icmp_type=131",
  "icmp6,ipv6_src=fe80::/10,icmp_type=132",
  "icmp6,ipv6_dst=ff02::16,icmp_type=143",
];

/** Traffic that IPv6 cannot live without, and that the connection tracker has no business with. */
export const IPV6_CONTROL: Part = [
  NEIGHBOR_SOLICITATION,
  NEIGHBOR_ADVERTISEMENT,
  ROUTER_SOLICITATION,
  ROUTER_ADVERTISEMENT,
  ...MULTICAST_LISTENER,
];

export const ARP_REQUEST = "arp,arp_op=1";
export const ARP_REPLY = "arp,arp_op=2";

export const ctState = (flags: string): string => `ct_state=${flags}+trk`;
export const ctMark = (bits: number, set = true): string =>
  `ct_mark=${set ? `0x${bits.toString(16)}` : "0"}/0x${bits.toString(16)}`;

/** IP packets to an address. */
export const toAddress = ({ family, text }: Address): string =>
  family === 4 ? `ip,nw_dst=${text}` : `ipv6,ipv6_dst=${text}`;
