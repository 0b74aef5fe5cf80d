/** reg0 (or xxreg0) takes the next hop, reg1 (or xxreg1) our own address on its link, eth_src our own port's address. */
import { join } from "../actions.ts";
import { writeWord } from "../registers.ts";
import type { NextHop, Route } from "../routes.ts";

export function writeNextHop({ network }: Route, { port, source, gateway }: NextHop): string {
  const v4 = network.address.family === 4;
  const wide = (register: string, value: bigint) => `set_field:0x${value.toString(16)}->${register}`;
  const destination = v4 ? "move:NXM_OF_IP_DST[]->NXM_NX_XXREG0[96..127]" : "move:NXM_NX_IPV6_DST[]->NXM_NX_XXREG0[]";
  const nextHop = gateway ? (v4 ? writeWord(0, gateway.value) : wide("xxreg0", gateway.value)) : destination;
  const own = v4 ? writeWord(1, source.value) : wide("xxreg1", source.value);
  return join(nextHop, own, `set_field:${port.mac}->eth_src`);
}
