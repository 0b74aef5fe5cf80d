/** `upcall/…`: the megaflows as the slow path keeps them. */
import type { UnixctlCommand } from "../command.ts";
import { datapaths, flowsOf, label } from "../datapaths.ts";
import { settingsOf } from "../settings.ts";
import type { Vswitchd } from "../vswitchd.ts";

/** There is one revalidator; OVS calls its by the numbers of threads. */
const REVALIDATOR = 1;

const show: UnixctlCommand = {
  name: "upcall/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const { flowLimit, sweepDuration } = daemon.switch;
    const settings = settingsOf(daemon);
    return datapaths(daemon)
      .map((datapath) => {
        const current = [...flowsOf(daemon, datapath.bridges)].length;
        const mean = Math.round(settings.flowsMean);
        const most = Math.max(current, settings.flowsMost);
        return (
          `${label(datapath)}:\n` +
          `  flows         : (current ${current}) (avg ${mean}) (max ${most}) (limit ${flowLimit})\n` +
          `  dump duration : ${Math.max(1, Math.round(sweepDuration))}ms\n` +
          `  ufid enabled : ${settings.ufid}\n\n  ${REVALIDATOR}: (keys ${current})\n`
        );
      })
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
    return `set flow_limit to ${limit}`;
  },
};

function switched(name: string, answer: string, change: (daemon: Vswitchd) => void | Promise<void>): UnixctlCommand {
  return {
    name: `upcall/${name}`,
    usage: "",
    minimum: 0,
    maximum: 0,
    async run(daemon) {
      await change(daemon);
      return answer;
    },
  };
}

/** One megaflow for each different packet; those of before go, so that nothing hides behind them. */
async function setMegaflows(daemon: Vswitchd, on: boolean): Promise<void> {
  const { upcalls, megaflows, revalidator, datapath } = daemon.switch;
  upcalls.exactOnly = !on;
  for (const flow of [...megaflows]) revalidator.remove(flow);
  await datapath.barrier();
}

export const upcallCommands: readonly UnixctlCommand[] = [
  show,
  setFlowLimit,
  switched("disable-megaflows", "megaflows disabled", (daemon) => setMegaflows(daemon, false)),
  switched("enable-megaflows", "megaflows enabled", (daemon) => setMegaflows(daemon, true)),
  switched("disable-ufid", "Datapath dumping tersely using UFID disabled", (daemon) => {
    settingsOf(daemon).ufid = false;
  }),
  switched("enable-ufid", "Datapath dumping tersely using UFID enabled for supported datapaths", (daemon) => {
    settingsOf(daemon).ufid = true;
  }),
];
