/** OP_SET_TUNNEL: tunnel metadata of the key, for the next output to a tunnel. Always true. */
import { KEY_SIZE, KEY_TUN_ID } from "../layout/key.ts";
import { PACKET_KEY, PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { masked64 } from "./masked.ts";

const TUNNEL_BYTES: usize = KEY_SIZE - KEY_TUN_ID;
const VALUE: usize = OP_HEADER_SIZE;
const MASK: usize = VALUE + TUNNEL_BYTES;

export function setTunnel(packet: usize, instruction: usize): bool {
  const tunnel = <usize>load<u32>(packet, PACKET_KEY) + KEY_TUN_ID;
  for (let at: usize = 0; at < TUNNEL_BYTES; at += 8) {
    const word = masked64(
      load<u64>(tunnel + at),
      load<u64>(instruction + at, VALUE),
      load<u64>(instruction + at, MASK),
    );
    store<u64>(tunnel + at, word);
  }
  store<u32>(packet, KEY_SIZE, PACKET_KEY_EXTENT);
  return true;
}
