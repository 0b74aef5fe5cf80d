import { type Command, CommandError } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";
import { checkPortType } from "./port-types.ts";

export const lspSetType: Command = {
  name: "lsp-set-type",
  usage: "PORT TYPE",
  minimum: 2,
  maximum: 2,
  run({ words, transaction }) {
    const port = getSwitchPort(transaction, words[0]);
    const problem = checkPortType(words[1]);
    if (problem) throw new CommandError(problem);
    transaction.update("Logical_Switch_Port", port.uuid, { type: words[1] });
  },
};
