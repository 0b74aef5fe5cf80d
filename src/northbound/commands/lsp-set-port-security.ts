import { ANY_NUMBER, type Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";

export const lspSetPortSecurity: Command = {
  name: "lsp-set-port-security",
  usage: "PORT [ADDRS]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  run({ words, transaction }) {
    const port = getSwitchPort(transaction, words[0]);
    transaction.update("Logical_Switch_Port", port.uuid, { port_security: words.slice(1) });
  },
};
