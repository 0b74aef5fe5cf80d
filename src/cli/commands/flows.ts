/** `megaflow flows`: the megaflows in the fast path, in dpctl/dump-flows' words. */
import type { CliCommand } from "../command.ts";

export const flows: CliCommand = {
  register(program, terminal) {
    program
      .command("flows")
      .description("the megaflows in the fast path: match, packets, bytes, last use, actions")
      .action(() => terminal.call("flows"));
  },
  answers: {
    flows: async (daemon, _request, reply) => {
      for (const line of daemon.switch.dumpFlows()) {
        if (reply.signal.aborted) return;
        await reply.line(line);
      }
    },
  },
};
