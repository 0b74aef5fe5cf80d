/** `megaflow flows`: the megaflows in the fast path, in dpctl/dump-flows' words. */

import { fullKey } from "../../slowpath/megaflow.ts";
import { flowCounters, formatDatapathFlow } from "../../slowpath/odp/flow.ts";
import type { CliCommand } from "../command.ts";

export const flows: CliCommand = {
  register(program, terminal) {
    program
      .command("flows")
      .description("the megaflows in the fast path: match, packets, bytes, last use, actions")
      .option("-m, --more", "every field of the packet that made the megaflow, those that do not count with mask 0")
      .action((options) => terminal.call("flows", [], options));
  },
  answers: {
    flows: async (daemon, { options }, reply) => {
      const { megaflows, datapath } = daemon.switch;
      const now = daemon.switch.now();
      for (const flow of megaflows) {
        if (reply.signal.aborted) return;
        const { mask, actions } = flow;
        const counters = flowCounters(datapath.flowStatistics(flow), now);
        const line = { key: fullKey(flow), mask: mask.bytes, actions, ...counters };
        await reply.line(formatDatapathFlow(line, { ports: daemon.datapathPortNames, verbose: options.more === true }));
      }
    },
  },
};
