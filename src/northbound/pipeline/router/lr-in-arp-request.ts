import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

/** Next hop unknown: ask for it. The packet itself waits with the handler. */
export const lrInArpRequest: Stage<Router> = {
  name: "lr_in_arp_request",
  rules(add, _router, { output }) {
    add(100, ["ip", "dl_dst=00:00:00:00:00:00"], punt(OPCODE.arpRequest, { resume: output }));
    add(100, ["ipv6", "dl_dst=00:00:00:00:00:00"], punt(OPCODE.neighborSolicitation, { resume: output }));
    add(0, [], output);
  },
};
