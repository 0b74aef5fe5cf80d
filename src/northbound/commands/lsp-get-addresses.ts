import type { Command } from "./command.ts";
import { find, getSwitchPort } from "./lookup.ts";

export const lspGetAddresses: Command = {
  name: "lsp-get-addresses",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    const port = getSwitchPort(transaction, words[0]);
    const peer = port.options.get("router-port");
    if (port.addresses.length === 1 && port.addresses[0] === "router" && peer !== undefined) {
      const routerPort = find(transaction, "Logical_Router_Port", peer);
      if (routerPort) return print(`${[routerPort.mac, ...routerPort.networks].join(" ")}\n`);
    }
    print(port.addresses.map((address) => `${address}\n`).join(""));
  },
};
