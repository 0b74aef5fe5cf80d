import { type Address, solicitedNodeAddress } from "../../network/ip.ts";
import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join } from "../actions.ts";
import { ARP_REQUEST, NEIGHBOR_SOLICITATION } from "../match.ts";
import { FLAG, inPort, REPLY_TO_IN_PORT, setFlag } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch, SwitchPort } from "../topology.ts";

/**
 * The switch answers for addresses it knows, so that requests need not be flooded. The owner's own requests pass: that is how
 * hosts find out that somebody else took their address (RFC 5227, RFC 4862 section 5.4).
 */
export const lsInArpRsp: Stage<Switch> = {
  name: "ls_in_arp_rsp",
  rules(add, { ports }, { next, output }) {
    for (const port of ports.filter(({ unknown }) => !unknown)) {
      for (const { mac, networks } of port.addresses) {
        for (const { address } of networks) {
          const match = address.family === 4 ? [`${ARP_REQUEST},arp_tpa=${address.text}`] : [solicitations(address)];
          const answer =
            address.family === 4 ? arpReply(mac, address, output) : advertisement(port, mac, address, output);
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

function arpReply(mac: string, address: Address, output: string): string {
  return join(
    "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
    `set_field:${mac}->eth_src`,
    "set_field:2->arp_op",
    "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]",
    `set_field:${mac}->arp_sha`,
    "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]",
    `set_field:${address.text}->arp_spa`,
    REPLY_TO_IN_PORT,
    setFlag(FLAG.loopback),
    output,
  );
}

/** An advertisement has options that a solicitation lacks, so it takes a new packet. */
function advertisement(port: SwitchPort, mac: string, address: Address, output: string): string {
  return punt(OPCODE.neighborAdvertisement, {
    mac,
    address: address.text,
    router: port.type === "router" ? 1 : 0,
    resume: join(REPLY_TO_IN_PORT, setFlag(FLAG.loopback), output),
  });
}
