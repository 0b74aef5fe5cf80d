import { macNumber } from "../../network/mac.ts";
import { join } from "../actions.ts";
import { MULTICAST, MULTICAST_SOURCE, TAGGED } from "../match.ts";
import { hex, inPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

/** Only frames for the port's own address and multicast come in; the address is kept for answers. */
export const lrInAdmission: Stage<Router> = {
  name: "lr_in_admission",
  rules(add, { ports }, { next }) {
    add(100, [[MULTICAST_SOURCE, TAGGED]], "drop");
    for (const { key, mac } of ports.filter(({ enabled }) => enabled)) {
      // The low 48 bits of xreg0, which is the upper half of xxreg0.
      const keep = `set_field:${hex(macNumber(mac) << 64n)}/0xffffffffffff0000000000000000->xxreg0`;
      add(50, [inPort(key), `dl_dst=${mac}`], join(keep, next));
      add(50, [inPort(key), MULTICAST], join(keep, next));
    }
    add(0, [], "drop");
  },
};
