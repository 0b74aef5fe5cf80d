import { trackAndTranslate } from "../actions.ts";
import { matchVipAddress } from "../balancing.ts";
import { ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

/** Packets to a VIP go through the tracker, which also puts fragments together so that ports can be matched. */
export const lrInDefrag: Stage<Router> = {
  name: "lr_in_defrag",
  rules(add, { balancers }, { next, nextTable }) {
    for (const { vip } of balancers.flatMap(({ services }) => services)) {
      add(100, [matchVipAddress(vip.address)], trackAndTranslate(ZONE.dnat, nextTable));
    }
    add(0, [], next);
  },
};
