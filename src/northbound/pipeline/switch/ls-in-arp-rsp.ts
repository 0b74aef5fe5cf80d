import { type Address, solicitedNodeAddress } from "../../network/ip.ts";
import { ARP_REQUEST, NEIGHBOR_SOLICITATION } from "../match.ts";
import { inPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { advertisement, arpReply } from "./address-answers.ts";
import { answerForServiceMonitor } from "./service-monitor.ts";

/**
 * The switch answers for addresses it knows, so that requests need not be flooded. The owner's own requests pass: that is how
 * hosts find out that somebody else took their address (RFC 5227, RFC 4862 section 5.4).
 */
export const lsInArpRsp: Stage<Switch> = {
  name: "ls_in_arp_rsp",
  rules(add, logicalSwitch, { next, output }) {
    answerForServiceMonitor(add, logicalSwitch, output);
    for (const port of logicalSwitch.ports.filter(({ unknown }) => !unknown)) {
      for (const { mac, networks } of port.addresses) {
        for (const { address } of networks) {
          const match = address.family === 4 ? [`${ARP_REQUEST},arp_tpa=${address.text}`] : [solicitations(address)];
          const answer =
            address.family === 4
              ? arpReply(mac, address, output)
              : advertisement(mac, address, port.type === "router", output);
          add(50, match, answer);
          add(100, [...match, inPort(port.key)], next);
        }
      }
    }
    add(0, [], next);
  },
};

/** To the address itself or to its solicited-node multicast address. */
const solicitations = (address: Address): readonly string[] =>
  [address, solicitedNodeAddress(address)].map(
    ({ text }) => `${NEIGHBOR_SOLICITATION},ipv6_dst=${text},nd_target=${address.text}`,
  );
