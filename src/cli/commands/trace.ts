/** `megaflow trace FLOW`: the way of one packet through the tables, in ofproto/trace's words. */
import { ctStateNames, parseFlags } from "../../slowpath/flow/flag-text.ts";
import { parseMatch } from "../../slowpath/flow/match-text.ts";
import { traceText } from "../../slowpath/translate/trace-text.ts";
import type { CliCommand } from "../command.ts";
import { nameStages } from "../trace-stages.ts";

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
      const { bridge, northbound } = daemon;
      const { recirculation, select } = daemon.switch;
      const nextCtStates = ((options.ctNext as string[] | undefined) ?? []).map(ctState);
      const { value } = parseMatch(flow, bridge.portNames);
      const text = traceText({ bridge, flow: value, recirculation, select, nextCtStates });
      await reply.line(nameStages(text, (table, metadata) => northbound.stageName(table, metadata)));
    },
  },
};

/** "trk,new" as bits. @throws FlowTextError naming a state that there is not. */
function ctState(text: string): number {
  return parseFlags(text.replaceAll(",", "|"), ctStateNames, "ct_state").flags;
}
