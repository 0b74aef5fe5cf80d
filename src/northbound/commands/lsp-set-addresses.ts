import type { Reader } from "../database/database.ts";
import type { LogicalSwitch, LogicalSwitchPort } from "../database/model.ts";
import { parseAddress } from "../network/ip.ts";
import { scanMac } from "../network/mac.ts";
import { parsePortAddresses } from "../network/port-addresses.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";
import { getSwitchPort, switchOf } from "./lookup.ts";

const KEYWORDS = ["unknown", "dynamic", "router"];

export const lspSetAddresses: Command = {
  name: "lsp-set-addresses",
  usage: "PORT [ADDRESS]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  run({ words, transaction }) {
    const port = getSwitchPort(transaction, words[0]);
    const owner = switchOf(transaction, port);
    const addresses = words.slice(1);
    for (const address of addresses) {
      if (!isAddress(address)) {
        throw new CommandError(
          `${address}: Invalid address format. See ovn-nb(5). Hint: An Ethernet address must be listed before an IP ` +
            "address, together as a single argument.",
        );
      }
      refuseDuplicates(transaction, owner, port, address);
    }
    transaction.update("Logical_Switch_Port", port.uuid, { addresses });
  },
};

function isAddress(text: string): boolean {
  if (KEYWORDS.includes(text) || scanMac(text)) return true;
  return text.startsWith("dynamic ") && parseAddress(text.slice("dynamic ".length).trim()) !== undefined;
}

/** An IP address belongs to one port of a switch. */
function refuseDuplicates(reader: Reader, owner: LogicalSwitch, port: LogicalSwitchPort, address: string): void {
  const wanted = parsePortAddresses(address)?.networks ?? [];
  for (const uuid of owner.ports.filter((other) => other !== port.uuid)) {
    const other = reader.row("Logical_Switch_Port", uuid)!;
    for (const taken of other.addresses.flatMap((text) => parsePortAddresses(text)?.networks ?? [])) {
      const clash = wanted.find((network) => network.address.text === taken.address.text);
      if (clash) {
        throw new CommandError(
          `Error on switch ${owner.name}: duplicate IPv${clash.address.family} address '${clash.address.text}' found on ` +
            `logical switch port '${other.name}'`,
        );
      }
    }
  }
}
