/**
 * Tables 73 to 75: what a port with port security may send and receive. The answer is flag portSecurityDrop of reg10.
 *
 * Forms of an entry: "MAC" (that sender, any IP address), "MAC IP…" (that sender with those addresses only, in IP, ARP and ND;
 * IP/PREFIX allows the whole network when its host part is zero, else the one address).
 */
import {
  addressBits,
  broadcastAddress,
  formatNetwork,
  linkLocalAddress,
  type Network,
  networkAddress,
} from "../../network/ip.ts";
import { ofFamily, type PortAddresses } from "../../network/port-addresses.ts";
import { resubmit } from "../actions.ts";
import { FLAG, hex, inPort, outPort, setFlag } from "../registers.ts";
import type { Conjunction, RuleSet } from "../rules.ts";
import { CHECK_IN_PORT_SECURITY, CHECK_IN_PORT_SECURITY_ND, CHECK_OUT_PORT_SECURITY } from "../tables.ts";
import type { Switch, SwitchPort } from "../topology.ts";

const ALLOW = setFlag(FLAG.portSecurityDrop, 0);
const DENY = setFlag(FLAG.portSecurityDrop, 1);

export function portSecurityRules(rules: RuleSet, switches: readonly Switch[]): void {
  const secured = ({ security, ofport }: SwitchPort) => security.length > 0 && ofport !== undefined;
  for (const port of switches.flatMap(({ ports }) => ports).filter(secured)) {
    const metadata = `metadata=${hex(port.owner.key)}`;
    const add = (table: number, direction: string) => (priority: number, match: Conjunction, actions: string) =>
      rules.add(table, priority, [metadata, direction, ...match], actions);
    senderRules(add(CHECK_IN_PORT_SECURITY, inPort(port.key)), port.security);
    neighborRules(add(CHECK_IN_PORT_SECURITY_ND, inPort(port.key)), port.security);
    receiverRules(add(CHECK_OUT_PORT_SECURITY, outPort(port.key)), port.security);
  }
}

type Add = (priority: number, match: Conjunction, actions: string) => void;

/** A prefix with a host part allows that host; without one, the network. */
function allowed(network: Network): string {
  return networkAddress(network).text === network.address.text ? formatNetwork(network) : network.address.text;
}

function senderRules(add: Add, security: readonly PortAddresses[]): void {
  const toNeighborCheck = resubmit(CHECK_IN_PORT_SECURITY_ND);
  add(95, ["arp"], toNeighborCheck);
  add(80, [], DENY);
  for (const { mac, networks } of security) {
    const sender = `dl_src=${mac}`;
    if (networks.length === 0) {
      add(90, [sender], toNeighborCheck);
      continue;
    }
    const v4 = ofFamily(networks, 4);
    const v6 = ofFamily(networks, 6);
    for (const network of v4) add(90, ["ip", sender, `nw_src=${allowed(network)}`], ALLOW);
    // A host asking for its address by DHCP has none yet (RFC 2131 section 4.1).
    if (v4.length > 0) {
      add(90, ["udp", sender, "nw_src=0.0.0.0", "nw_dst=255.255.255.255", "tp_src=68", "tp_dst=67"], ALLOW);
    }
    if (v6.length === 0) continue;
    for (const network of v6) add(90, ["ipv6", sender, `ipv6_src=${allowed(network)}`], toNeighborCheck);
    add(90, ["ipv6", sender, `ipv6_src=${linkLocalAddress(mac).text}`], toNeighborCheck);
    // Listener reports and duplicate address detection come from :: (RFC 4862 section 5.4).
    const fromNobody = ["icmp6", sender, "ipv6_src=::", "ipv6_dst=ff02::/16", "icmp_code=0"];
    add(90, [...fromNobody, "icmp_type=131"], ALLOW);
    add(90, [...fromNobody, "icmp_type=143"], ALLOW);
    add(90, [...fromNobody, "icmp_type=135"], toNeighborCheck);
  }
}

const NO_MAC = "00:00:00:00:00:00";

function neighborRules(add: Add, security: readonly PortAddresses[]): void {
  add(80, ["arp"], DENY);
  add(80, ["icmp6,nw_ttl=255,icmp_type=136"], DENY);
  // Solicitations without addresses to check pass: their sender was checked in the table before.
  add(80, ["icmp6,nw_ttl=255,icmp_type=135"], ALLOW);
  for (const { mac, networks } of security) {
    const sender = `dl_src=${mac}`;
    const v4 = ofFamily(networks, 4);
    const v6 = ofFamily(networks, 6);
    if (networks.length === 0) add(90, ["arp", sender, `arp_sha=${mac}`], ALLOW);
    for (const network of v4) add(90, ["arp", sender, `arp_sha=${mac}`, `arp_spa=${allowed(network)}`], ALLOW);
    // ovn-controller 23.03 writes 225 for the hop limit of the next three, where RFC 4861 has 255; here they do their work.
    const hopLimit = "nw_ttl=255";
    add(90, ["icmp6", hopLimit, "icmp_type=135,icmp_code=0", [`nd_sll=${NO_MAC}`, `nd_sll=${mac}`]], ALLOW);
    const advertised = [`nd_tll=${NO_MAC}`, `nd_tll=${mac}`];
    const advertisement = ["icmp6", "icmp_type=136,icmp_code=0", advertised];
    if (v6.length === 0) {
      add(90, [...advertisement, hopLimit], ALLOW);
      continue;
    }
    add(90, [...advertisement, hopLimit, `nd_target=${linkLocalAddress(mac).text}`], ALLOW);
    for (const network of v6) add(90, [...advertisement, sender, `nd_target=${allowed(network)}`], ALLOW);
  }
}

function receiverRules(add: Add, security: readonly PortAddresses[]): void {
  add(80, [], DENY);
  for (const { mac, networks } of security) {
    const receiver = `dl_dst=${mac}`;
    add(85, [receiver], ALLOW);
    if (networks.length === 0) continue;
    const v4 = ofFamily(networks, 4);
    const v6 = ofFamily(networks, 6);
    add(90, [["ip", "ipv6"], receiver], DENY);
    const destinations = v4.flatMap((network) => {
      const broadcast =
        network.prefix < addressBits(4) && allowed(network) === network.address.text && broadcastAddress(network);
      return broadcast ? [allowed(network), broadcast.text] : [allowed(network)];
    });
    if (v4.length > 0) destinations.push("255.255.255.255", "224.0.0.0/4");
    for (const destination of destinations) add(95, ["ip", receiver, `nw_dst=${destination}`], ALLOW);
    if (v6.length === 0) continue;
    for (const text of [...v6.map(allowed), linkLocalAddress(mac).text, "ff00::/8"]) {
      add(95, ["ipv6", receiver, `ipv6_dst=${text}`], ALLOW);
    }
  }
}
