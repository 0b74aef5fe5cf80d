/** `megaflow stats`: the switch's counters. */
import type { CliCommand } from "../command.ts";
import { snapshot, toJson } from "../statistics.ts";
import { statisticsText } from "../statistics-text.ts";

export const stats: CliCommand = {
  register(program, terminal) {
    program
      .command("stats")
      .description("ports, lookups, upcalls, and what was dropped for which reason")
      .option("--json", "as JSON")
      .option("--prometheus", "in Prometheus' text format")
      .action((options) => terminal.call("stats", [], options));
  },
  answers: {
    stats: async (daemon, { options }, reply) => {
      const now = snapshot(daemon);
      if (options.prometheus) {
        const { prometheusText } = await import("../statistics-prometheus.ts");
        await reply.line(await prometheusText(now));
      } else await reply.line(options.json ? toJson(now) : statisticsText(now));
    },
  },
};
