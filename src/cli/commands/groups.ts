/** `megaflow groups`: groups and their buckets, with what each bucket got. */
import { formatGroup } from "../../slowpath/tables/group-text.ts";
import type { CliCommand } from "../command.ts";
import { groupCounters } from "../statistics.ts";

export const groups: CliCommand = {
  register(program, terminal) {
    program
      .command("groups")
      .description("groups and their buckets: packets, bytes and connections that each got")
      .action(() => terminal.call("groups"));
  },
  answers: {
    groups: async (daemon, _request, reply) => {
      const counters = new Map(groupCounters(daemon).map((group) => [group.id, group.buckets]));
      for (const group of daemon.bridge.tables.groups.all()) {
        const text = (buckets: typeof group.buckets) =>
          formatGroup({ ...group, buckets }, { ports: daemon.bridge.portNames });
        await reply.line(text([]));
        for (const [index, bucket] of group.buckets.entries()) {
          const { packets, bytes, connections } = counters.get(group.id)![index];
          const [, spec] = text([bucket]).split(",bucket=");
          await reply.line(`  packets=${packets},bytes=${bytes},connections=${connections},${spec}`);
        }
      }
    },
  },
};
