import type { Endpoint } from "../../network/virtual-service.ts";
import { join, trackAndTranslate } from "../actions.ts";
import { matchVip } from "../balancing.ts";
import { IP } from "../match.ts";
import { matchBit, SWITCH_BIT, writeBits, writeWord, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

/** Through the connection tracker, with the VIP kept in registers: after translation nothing else remembers it. */
export const lsInPreStateful: Stage<Switch> = {
  name: "ls_in_pre_stateful",
  rules(add, { balancers }, { next, nextTable }) {
    const translate = trackAndTranslate(ZONE.port, nextTable);
    for (const balancer of balancers) {
      for (const { vip } of balancer.services) {
        add(120, [matchBit(0, SWITCH_BIT.nat), matchVip(balancer, vip)], join(rememberVip(vip), translate));
      }
    }
    add(110, [IP, matchBit(0, SWITCH_BIT.nat)], translate);
    add(100, [IP, matchBit(0, SWITCH_BIT.defrag)], `ct(table=${nextTable},zone=${ZONE.port})`);
    add(0, [], next);
  },
};

/** reg1 (IPv4) or reg4…reg7 (IPv6) hold the VIP, the low half of reg2 its port. */
function rememberVip({ address, port }: Endpoint): string {
  const keepAddress =
    address.family === 4 ? writeWord(1, address.value) : `set_field:0x${address.value.toString(16)}->xxreg1`;
  return join(keepAddress, port === undefined ? "" : writeBits(2, 0, 16, port));
}
