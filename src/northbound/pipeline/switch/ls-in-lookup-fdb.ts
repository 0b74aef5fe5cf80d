import { ask, join } from "../actions.ts";
import { bitName, FLAG, inPort, SWITCH_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { STATION_LOOKUP } from "../tables.ts";
import { learnsStations, type Switch } from "../topology.ts";

/** Is the sender known to be behind this port? */
export const lsInLookupFdb: Stage<Switch> = {
  name: "ls_in_lookup_fdb",
  rules(add, { ports }, { next }) {
    const answer = bitName(0, SWITCH_BIT.stationKnown);
    for (const { key } of ports.filter(learnsStations)) {
      add(100, [inPort(key)], join(ask(STATION_LOOKUP, FLAG.stationKnown, answer), next));
    }
    add(0, [], next);
  },
};
