/** OP_POP_ETHERNET: the Ethernet header goes; its place stays (push-ethernet.ts). False: there is none, or it has a tag. */
import { KEY_VLAN_TPID0 } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { writeAddresses } from "./push-ethernet.ts";

export function popEthernet(packet: usize, _instruction: usize): bool {
  if (load<u16>(load<u32>(packet, PACKET_KEY), KEY_VLAN_TPID0) != 0) return false;
  return writeAddresses(packet, 0, 0);
}
