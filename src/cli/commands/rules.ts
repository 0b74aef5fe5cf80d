/** `megaflow rules FOLDER`: loads what ovs-ofctl dumped on a real switch. */
import { resolve } from "node:path";
import type { CliCommand } from "../command.ts";
import { recordedRules } from "../recorded-rules.ts";

export const rules: CliCommand = {
  register(program, terminal) {
    program
      .command("rules")
      .description("load recorded rules: a folder with ovs-ofctl's dump-flows and dump-groups")
      .argument("<folder>")
      .action((folder: string) => terminal.call("rules", [resolve(folder)]));
  },
  answers: {
    rules: async (daemon, { arguments: [folder] }) => {
      await daemon.switch.apply(recordedRules(folder, daemon.bridge.portNames));
    },
  },
};
