/** put_arp and put_nd: a neighbour told its Ethernet address. The rule put it in eth_src and the IP address in reg0. */
import type { Family } from "../network/ip.ts";
import { isMulticastMac, macBytes } from "../network/mac.ts";
import { parseEthernet } from "./packet/ethernet.ts";
import type { HandlerInput, PacketAction, PacketOut } from "./packet-action.ts";
import { inPortKey, nextHop } from "./pipeline-registers.ts";
import { OPCODE } from "./userdata.ts";

const NO_MAC = "00:00:00:00:00:00";

/** Learns, and sends on what waited for this. */
function putNeighbor({ packet, fields, network }: HandlerInput, family: Family): readonly PacketOut[] {
  const port = network.routerPort(fields.metadata, inPortKey(fields));
  const ethernet = parseEthernet(packet);
  if (!port || !ethernet || isMulticastMac(ethernet.source) || ethernet.source === NO_MAC) return [];
  const address = nextHop(fields, family);
  if (address.value === 0n) return [];
  network.learnNeighbor(port, address, ethernet.source);
  return network.waiting.release(port.uuid, address.text).map((waiting) => ({
    ...waiting,
    packet: Uint8Array.from([...macBytes(ethernet.source), ...waiting.packet.subarray(6)]),
  }));
}

export const putArp: PacketAction = { opcode: OPCODE.putArp, handle: (input) => putNeighbor(input, 4) };
export const putNd: PacketAction = { opcode: OPCODE.putNd, handle: (input) => putNeighbor(input, 6) };
