/** The words that stand for an Ethernet type and an IP protocol in matches: `tcp`, `icmp6`, `arp`. */
import {
  ETH_TYPE_ARP,
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_MPLS,
  ETH_TYPE_MPLS_MULTICAST,
  ETH_TYPE_RARP,
  IP_PROTO_ICMP,
  IP_PROTO_ICMPV6,
  IP_PROTO_SCTP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
} from "./prerequisites.ts";

export interface ProtocolWord {
  readonly text: string;
  readonly etherType: number;
  readonly protocol?: number;
}

/** The first of two words for the same thing is the one that is printed. */
const words: readonly ProtocolWord[] = [
  { text: "ip", etherType: ETH_TYPE_IP },
  { text: "ipv4", etherType: ETH_TYPE_IP },
  { text: "ip4", etherType: ETH_TYPE_IP },
  { text: "arp", etherType: ETH_TYPE_ARP },
  { text: "icmp", etherType: ETH_TYPE_IP, protocol: IP_PROTO_ICMP },
  { text: "tcp", etherType: ETH_TYPE_IP, protocol: IP_PROTO_TCP },
  { text: "udp", etherType: ETH_TYPE_IP, protocol: IP_PROTO_UDP },
  { text: "sctp", etherType: ETH_TYPE_IP, protocol: IP_PROTO_SCTP },
  { text: "ipv6", etherType: ETH_TYPE_IPV6 },
  { text: "ip6", etherType: ETH_TYPE_IPV6 },
  { text: "icmp6", etherType: ETH_TYPE_IPV6, protocol: IP_PROTO_ICMPV6 },
  { text: "tcp6", etherType: ETH_TYPE_IPV6, protocol: IP_PROTO_TCP },
  { text: "udp6", etherType: ETH_TYPE_IPV6, protocol: IP_PROTO_UDP },
  { text: "sctp6", etherType: ETH_TYPE_IPV6, protocol: IP_PROTO_SCTP },
  { text: "rarp", etherType: ETH_TYPE_RARP },
  { text: "mpls", etherType: ETH_TYPE_MPLS },
  { text: "mplsm", etherType: ETH_TYPE_MPLS_MULTICAST },
];

const byText = new Map(words.map((word) => [word.text, word]));

export function protocolByWord(text: string): ProtocolWord | undefined {
  return byText.get(text);
}

/** The most telling word; its `protocol` is absent when the protocol must be printed (or is not known). */
export function protocolWord(etherType: number, protocol: number | undefined): ProtocolWord | undefined {
  const same = words.filter((word) => word.etherType === etherType);
  return same.find((word) => word.protocol !== undefined && word.protocol === protocol) ?? same[0];
}
