import type { Command } from "./command.ts";
import { find, getSwitchPort, switchOf } from "./lookup.ts";

export const lspDel: Command = {
  name: "lsp-del",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const port = options.has("--if-exists")
      ? find(transaction, "Logical_Switch_Port", words[0])
      : getSwitchPort(transaction, words[0]);
    if (!port) return;
    const owner = switchOf(transaction, port);
    transaction.update("Logical_Switch", owner.uuid, { ports: owner.ports.filter((uuid) => uuid !== port.uuid) });
    transaction.remove("Logical_Switch_Port", port.uuid);
  },
};
