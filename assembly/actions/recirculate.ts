/** OP_RECIRC: look up again, under another recirculation id. */
import { KEY_RECIRC_ID } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { passAgain } from "../pipeline.ts";
import { handOver } from "./hand-over.ts";

const ID: usize = 8;

export function recirculate(packet: usize, instruction: usize, last: bool): void {
  const leaving = handOver(packet, last);
  if (leaving == 0) return;
  store<u32>(load<u32>(leaving, PACKET_KEY), bswap<u32>(load<u32>(instruction, ID)), KEY_RECIRC_ID);
  passAgain(leaving);
}
