/** `upcall/…`: the megaflows as the slow path keeps them. */
import type { UnixctlCommand } from "../command.ts";
import { bridgesByType, datapathName } from "../datapath.ts";

const show: UnixctlCommand = {
  name: "upcall/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const { megaflows, flowLimit } = daemon.switch;
    const average = megaflows.size;
    const most = megaflows.size;
    return bridgesByType(daemon)
      .map(
        ([type]) =>
          `${datapathName(type)}:\n` +
          `  flows         : (current ${megaflows.size}) (avg ${average}) (max ${most}) (limit ${flowLimit})\n` +
          `  dump duration : ${Math.round(daemon.switch.sweepDuration)}ms\n` +
          `  ufid enabled : true\n\n  0: (keys ${megaflows.size})\n`,
      )
      .join("");
  },
};

const setFlowLimit: UnixctlCommand = {
  name: "upcall/set-flow-limit",
  usage: "flow-limit-number",
  minimum: 1,
  maximum: 1,
  run(daemon, [text]) {
    const limit = Number.parseInt(text, 10) || 0;
    daemon.switch.flowLimit = limit;
    return `set flow_limit to ${limit}\n`;
  },
};

export const upcallCommands: readonly UnixctlCommand[] = [show, setFlowLimit];
