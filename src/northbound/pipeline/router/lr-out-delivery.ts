import { outPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

export const lrOutDelivery: Stage<Router> = {
  name: "lr_out_delivery",
  rules(add, { ports }, { output }) {
    for (const { key } of ports.filter(({ enabled }) => enabled)) add(100, [outPort(key)], output);
    add(0, [], "drop");
  },
};
