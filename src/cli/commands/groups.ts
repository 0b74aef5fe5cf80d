/** `megaflow groups`: groups and their buckets, with what each bucket got. */
import type { CliCommand } from "../command.ts";

export const groups: CliCommand = {
  register(program, terminal) {
    program
      .command("groups")
      .description("groups and their buckets: packets, bytes and connections that each got")
      .action(() => terminal.call("groups"));
  },
  answers: {
    groups: async (daemon, _request, reply) => {
      for (const line of daemon.switch.dumpGroups()) await reply.line(line);
    },
  },
};
