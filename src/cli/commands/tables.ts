/** `megaflow tables`: the OpenFlow rules, in ovs-ofctl dump-flows' words. */
import { formatFlow } from "../../slowpath/tables/flow-text.ts";
import { type CliCommand, wholeNumber } from "../command.ts";

export const tables: CliCommand = {
  register(program, terminal) {
    program
      .command("tables")
      .description("the OpenFlow rules behind the megaflows")
      .argument("[number]", "one table only", wholeNumber)
      .action((number?: number) => terminal.call("tables", [], number === undefined ? {} : { table: number }));
  },
  answers: {
    tables: async (daemon, { options }, reply) => {
      const now = daemon.switch.now();
      for (const rule of daemon.bridge.tables.rules()) {
        if (reply.signal.aborted) return;
        if (options.table !== undefined && rule.table !== options.table) continue;
        await reply.line(` ${formatFlow(rule, { now, ports: daemon.bridge.portNames })}`);
      }
    },
  },
};
