/** How a switch answers for an address in place of who has it. */
import type { Address } from "../../network/ip.ts";
import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join } from "../actions.ts";
import { FLAG, REPLY_TO_IN_PORT, setFlag } from "../registers.ts";

export function arpReply(mac: string, address: Address, output: string): string {
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
export function advertisement(mac: string, address: Address, isRouter: boolean, output: string): string {
  return punt(OPCODE.neighborAdvertisement, {
    mac,
    address: address.text,
    router: isRouter ? 1 : 0,
    resume: join(REPLY_TO_IN_PORT, setFlag(FLAG.loopback), output),
  });
}
