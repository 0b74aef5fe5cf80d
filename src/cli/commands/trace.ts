/** `megaflow trace FLOW`: the way of one packet through the tables, in ofproto/trace's words. */
import type { CliCommand } from "../command.ts";

export const trace: CliCommand = {
  register(program, terminal) {
    program
      .command("trace")
      .description("the way of a packet through tables, conntrack and groups, down to the bucket; nothing is sent")
      .argument("<flow>", "such as in_port=veth5,tcp,dl_src=…,dl_dst=…,nw_src=…,nw_dst=…,tp_dst=8000")
      .option(
        "--ct-next <states>",
        "ct_state of each next conntrack pass (default trk,new), once for each pass",
        (states: string, before: string[]) => [...before, states],
        [] as string[],
      )
      .action((flow: string, options) => terminal.call("trace", [flow], options));
  },
  answers: {
    trace: async (daemon, { arguments: [flow], options }, reply) => {
      await reply.line(await daemon.trace(flow, (options.ctNext as string[] | undefined) ?? []));
    },
  },
};
