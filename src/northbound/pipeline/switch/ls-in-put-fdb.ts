import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join } from "../actions.ts";
import { inPort, matchBit, SWITCH_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { learnsStations, type Switch } from "../topology.ts";

export const lsInPutFdb: Stage<Switch> = {
  name: "ls_in_put_fdb",
  rules(add, { ports }, { next }) {
    for (const { key } of ports.filter(learnsStations)) {
      add(100, [inPort(key), matchBit(0, SWITCH_BIT.stationKnown, 0)], join(punt(OPCODE.putFdb), next));
    }
    add(0, [], next);
  },
};
