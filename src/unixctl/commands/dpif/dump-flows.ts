/** dpif/dump-flows: a bridge's megaflows. */
import { fullKey } from "../../../slowpath/megaflow.ts";
import { bridgeNamed, type UnixctlCommand } from "../../command.ts";
import { bridgeOfKey } from "../../datapaths.ts";
import { bridgeFlowLine } from "../../flow-lines.ts";

export const dumpFlows: UnixctlCommand = {
  name: "dpif/dump-flows",
  usage: "[-m] [--names | --no-names] bridge",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const bridge = bridgeNamed(daemon, words.at(-1)!);
    const options = words.slice(0, -1);
    const verbose = options.includes("-m");
    const named = options.findLast((option) => option === "--names" || option === "--no-names");
    const names = named === undefined ? verbose : named === "--names";
    return [...daemon.switch.megaflows]
      .filter((flow) => bridgeOfKey(daemon, fullKey(flow)) === bridge)
      .map((flow) => `${bridgeFlowLine(daemon, flow, { verbose, names })}\n`)
      .join("");
  },
};
