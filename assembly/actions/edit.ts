/** The actions that edit the packet in place; its flow key follows, so that it can be looked up again without parsing. */
import { OP_ADD_MPLS, OP_POP_ETHERNET, OP_POP_MPLS, OP_POP_VLAN, OP_PUSH_ETHERNET, OP_PUSH_MPLS, OP_PUSH_VLAN, OP_SET_ARP, OP_SET_ETHERNET, OP_SET_ICMP, OP_SET_IPV4, OP_SET_IPV6, OP_SET_METADATA, OP_SET_MPLS, OP_SET_ND, OP_SET_TRANSPORT, OP_SET_TUNNEL, OP_SET_VLAN } from "../layout/program.ts";
import { addMpls } from "./add-mpls.ts";
import { popEthernet } from "./pop-ethernet.ts";
import { popMpls } from "./pop-mpls.ts";
import { popVlan } from "./pop-vlan.ts";
import { pushEthernet } from "./push-ethernet.ts";
import { pushMpls } from "./push-mpls.ts";
import { pushVlan } from "./push-vlan.ts";
import { setArp } from "./set-arp.ts";
import { setEthernet } from "./set-ethernet.ts";
import { setIcmp } from "./set-icmp.ts";
import { setIpv4 } from "./set-ipv4.ts";
import { setIpv6 } from "./set-ipv6.ts";
import { setMetadata } from "./set-metadata.ts";
import { setMpls } from "./set-mpls.ts";
import { setNd } from "./set-nd.ts";
import { setTransport } from "./set-transport.ts";
import { setTunnel } from "./set-tunnel.ts";
import { setVlan } from "./set-vlan.ts";

/** False: the packet has no such header, or no room for a new one. */
@inline
export function edit(packet: usize, instruction: usize, opcode: u32): bool {
  switch (opcode) {
    case OP_SET_ETHERNET:
      return setEthernet(packet, instruction);
    case OP_SET_IPV4:
      return setIpv4(packet, instruction);
    case OP_SET_IPV6:
      return setIpv6(packet, instruction);
    case OP_SET_TRANSPORT:
      return setTransport(packet, instruction);
    case OP_SET_ICMP:
      return setIcmp(packet, instruction);
    case OP_SET_ARP:
      return setArp(packet, instruction);
    case OP_SET_ND:
      return setNd(packet, instruction);
    case OP_SET_VLAN:
      return setVlan(packet, instruction);
    case OP_SET_METADATA:
      return setMetadata(packet, instruction);
    case OP_SET_TUNNEL:
      return setTunnel(packet, instruction);
    case OP_SET_MPLS:
      return setMpls(packet, instruction);
    case OP_PUSH_VLAN:
      return pushVlan(packet, instruction);
    case OP_POP_VLAN:
      return popVlan(packet, instruction);
    case OP_PUSH_MPLS:
      return pushMpls(packet, instruction);
    case OP_POP_MPLS:
      return popMpls(packet, instruction);
    case OP_PUSH_ETHERNET:
      return pushEthernet(packet, instruction);
    case OP_POP_ETHERNET:
      return popEthernet(packet, instruction);
    case OP_ADD_MPLS:
      return addMpls(packet, instruction);
    default:
      return false;
  }
}
