import { parseAddress } from "../network/ip.ts";
import { parseEthernet } from "./packet/ethernet.ts";
import { parseIp } from "./packet/ip.ts";
import { buildAdvertisement } from "./packet/neighbor-discovery.ts";
import type { PacketAction } from "./packet-action.ts";
import { resumeActions } from "./packet-action.ts";
import { OPCODE } from "./userdata.ts";

/** Where an asker that has no address yet is answered (RFC 4861 section 7.2.4). */
const ALL_NODES = parseAddress("ff02::1")!;
const ALL_NODES_MAC = "33:33:00:00:00:01";

/** Arguments: mac and address to advertise, router (0 or 1). */
export const neighborAdvertisement: PacketAction = {
  opcode: OPCODE.neighborAdvertisement,
  handle(input) {
    const ethernet = parseEthernet(input.packet);
    const asker = ethernet && parseIp(ethernet.payload)?.source;
    const { mac, address, router } = input.arguments;
    const target = parseAddress(String(address));
    if (!asker || !target) return [];
    const [to, toMac] = asker.value === 0n ? [ALL_NODES, ALL_NODES_MAC] : [asker, ethernet.source];
    const packet = buildAdvertisement(String(mac), target, router === 1, to, toMac);
    return [{ packet, fields: input.fields, actions: resumeActions(input) }];
  },
};
