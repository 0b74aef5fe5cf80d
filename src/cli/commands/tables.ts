/** `megaflow tables`: the OpenFlow rules, in ovs-ofctl dump-flows' words. */
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
      for (const line of daemon.switch.dumpOpenFlow(options.table as number | undefined)) {
        if (reply.signal.aborted) return;
        await reply.line(line);
      }
    },
  },
};
