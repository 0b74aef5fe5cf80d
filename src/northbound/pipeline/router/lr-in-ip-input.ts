import { broadcastAddress } from "../../network/ip.ts";
import { join, swap } from "../actions.ts";
import { translatedAddresses } from "../balancing.ts";
import {
  BROADCAST,
  IP,
  IPV4_MULTICAST,
  IPV6_MULTICAST,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NOT_LATER_FRAGMENT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
  toAddress,
} from "../match.ts";
import { FLAG, matchBit, ROUTER_BIT, setFlag } from "../registers.ts";
import type { AddRule, Place, Stage } from "../stage.ts";
import { networksOf, type Router, type RouterPort } from "../topology.ts";
import { answerRequests } from "./address-answers.ts";
import { portUnreachable, timeExceeded } from "./icmp-errors.ts";

/** What is for the router itself, and what no router may forward. */
export const lrInIpInput: Stage<Router> = {
  name: "lr_in_ip_input",
  rules(add, router, here) {
    dropMartians(add);
    for (const port of router.ports) {
      dropOwnSources(add, port);
      answerRequests(add, port, here.output);
      answerPing(add, port, here.next);
      if (!router.isGateway) portUnreachable(add, port, here.next);
      dropOwnDestinations(add, port);
      timeExceeded(add, port, here.output);
    }
    add(85, [["arp", NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION]], "drop");
    add(84, [[ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT]], here.next);
    // Reserved scope 0 (RFC 4291 section 2.7).
    add(83, ["ipv6,ipv6_dst=ff00::/fff0:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], "drop");
    add(82, [[IPV4_MULTICAST, IPV6_MULTICAST]], "drop");
    add(50, [BROADCAST], "drop");
    add(32, [[IPV4_MULTICAST, IPV6_MULTICAST], ["nw_ttl=0", "nw_ttl=1"], NOT_LATER_FRAGMENT], "drop");
    add(30, [IP, ["nw_ttl=0", "nw_ttl=1"]], "drop");
    add(0, [], here.next);
  },
};

/** RFC 1812 sections 4.2.2.11 and 5.3.7. */
function dropMartians(add: AddRule): void {
  const sources = ["224.0.0.0/4", "255.255.255.255", "127.0.0.0/8", "0.0.0.0/8"].map((net) => `nw_src=${net}`);
  const destinations = ["127.0.0.0/8", "0.0.0.0/8"].map((net) => `nw_dst=${net}`);
  add(100, ["ip", [...sources, ...destinations]], "drop");
}

function dropOwnSources(add: AddRule, port: RouterPort): void {
  for (const network of networksOf(port, 4)) {
    const own = [network.address, broadcastAddress(network)].flatMap((address) =>
      address ? `nw_src=${address.text}` : [],
    );
    add(100, ["ip", matchBit(9, ROUTER_BIT.egressLoopback, 0), own], "drop");
  }
}

function answerPing(add: AddRule, port: RouterPort, next: Place["next"]): void {
  for (const { address } of port.networks) {
    const v4 = address.family === 4;
    add(
      90,
      [
        v4
          ? `icmp,nw_dst=${address.text},icmp_type=8,icmp_code=0`
          : `icmp6,ipv6_dst=${address.text},icmp_type=128,icmp_code=0`,
      ],
      join(
        v4 ? swap("NXM_OF_IP_SRC", "NXM_OF_IP_DST") : swap("NXM_NX_IPV6_SRC", "NXM_NX_IPV6_DST"),
        "set_field:255->nw_ttl",
        v4 ? "set_field:0->icmp_type" : "set_field:129->icmpv6_type",
        setFlag(FLAG.loopback),
        next,
      ),
    );
  }
}

/** What is for the router and was not answered ends here, but for addresses that translation has a use for. */
function dropOwnDestinations(add: AddRule, { owner, networks }: RouterPort): void {
  if (owner.forceSnat.routerAddress) return;
  const translated = translatedAddresses(owner);
  for (const { address } of networks.filter((network) => !translated.has(network.address.text))) {
    add(60, [toAddress(address)], "drop");
  }
}
