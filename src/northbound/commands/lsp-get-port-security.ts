import type { Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";

export const lspGetPortSecurity: Command = {
  name: "lsp-get-port-security",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    const { port_security } = getSwitchPort(transaction, words[0]);
    print(port_security.map((addresses) => `${addresses}\n`).join(""));
  },
};
