/** ARP replies and neighbour advertisements of a router: for its own addresses, and for VIPs that look on-link to hosts. */
import { formatNetwork, solicitedNodeAddress } from "../../network/ip.ts";
import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join, swap } from "../actions.ts";
import { vipsReachableBy } from "../balancing.ts";
import { ARP_REQUEST, NEIGHBOR_SOLICITATION } from "../match.ts";
import { FLAG, inPort, REPLY_TO_IN_PORT, setFlag } from "../registers.ts";
import type { AddRule } from "../stage.ts";
import type { RouterPort } from "../topology.ts";

export function answerRequests(add: AddRule, port: RouterPort, output: string): void {
  const here = inPort(port.key);
  for (const network of port.networks) {
    const { family, text } = network.address;
    if (family === 4) {
      add(90, [ARP_REQUEST, here, `arp_spa=${formatNetwork(network)}`, `arp_tpa=${text}`], arpReply(output));
    } else {
      const destinations = [text, solicitedNodeAddress(network.address).text].map((address) => `ipv6_dst=${address}`);
      add(90, [NEIGHBOR_SOLICITATION, here, destinations, `nd_target=${text}`], advertisement(port, text, output));
    }
  }
  const vips = port.owner.ports.flatMap(vipsReachableBy);
  for (const { family, text } of vips) {
    if (family === 4) add(90, [ARP_REQUEST, here, `arp_tpa=${text}`], arpReply(output));
    else add(90, [NEIGHBOR_SOLICITATION, here, `nd_target=${text}`], advertisement(port, text, output));
  }
}

/** The port's Ethernet address stands in the low 48 bits of xreg0 since admission. */
function arpReply(output: string): string {
  return join(
    "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
    "move:NXM_NX_XXREG0[64..111]->NXM_OF_ETH_SRC[]",
    "set_field:2->arp_op",
    "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]",
    "move:NXM_NX_XXREG0[64..111]->NXM_NX_ARP_SHA[]",
    swap("NXM_OF_ARP_SPA", "NXM_OF_ARP_TPA"),
    REPLY_TO_IN_PORT,
    setFlag(FLAG.loopback),
    output,
  );
}

function advertisement({ mac }: RouterPort, address: string, output: string): string {
  const resume = join(REPLY_TO_IN_PORT, setFlag(FLAG.loopback), output);
  return punt(OPCODE.neighborAdvertisement, { mac, address, router: 1, resume });
}
