/** `megaflow conntrack`: the connections, in dpctl/dump-conntrack's words. */
import { connectionText } from "../../fastpath/conntrack-text.ts";
import { type CliCommand, wholeNumber } from "../command.ts";

export const conntrack: CliCommand = {
  register(program, terminal) {
    program
      .command("conntrack")
      .description("the connections that are tracked")
      .option("-m, --more", "ids, both directions' states, window scales")
      .option("-z, --zone <number>", "one zone only", wholeNumber)
      .action((options) => terminal.call("conntrack", [], options));
  },
  answers: {
    conntrack: async (daemon, { options }, reply) => {
      const { conntrack } = daemon.switch.datapath;
      for (const connection of conntrack.connections(options.zone as number | undefined)) {
        if (reply.signal.aborted) return;
        await reply.line(connectionText(connection, { more: options.more === true }));
      }
    },
  },
};
