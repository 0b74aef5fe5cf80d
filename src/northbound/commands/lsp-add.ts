import { type Command, CommandError } from "./command.ts";
import { find, getSwitch, switchOf } from "./lookup.ts";

export const lspAdd: Command = {
  name: "lsp-add",
  usage: "SWITCH PORT [PARENT] [TAG]",
  minimum: 2,
  maximum: 4,
  options: ["--may-exist"],
  run({ words, options, transaction }) {
    const [switchId, name, parent] = words;
    const logicalSwitch = getSwitch(transaction, switchId);
    if (words.length === 3) throw new CommandError("lsp-add with parent must also specify a tag");
    if (words.length === 4) {
      const tag = /^\s*[+-]?\d+/.exec(words[3]);
      if (!tag || Number(tag[0]) < 0 || Number(tag[0]) > 4095) {
        throw new CommandError(`${words[3]}: invalid tag (must be in range 0 to 4095)`);
      }
    }
    const existing = find(transaction, "Logical_Switch_Port", name);
    if (existing) {
      if (!options.has("--may-exist")) throw new CommandError(`${name}: a port with this name already exists`);
      const owner = switchOf(transaction, existing);
      if (owner.uuid !== logicalSwitch.uuid) {
        throw new CommandError(`${name}: port already exists but in switch ${owner.name || owner.uuid}`);
      }
      if (parent !== undefined) throw new CommandError(`${name}: port already exists but has no parent`);
      return;
    }
    if (parent !== undefined) {
      throw new CommandError(`${name}: nested containers are not supported by the embedded control plane`);
    }
    const port = transaction.insert("Logical_Switch_Port", { name });
    transaction.update("Logical_Switch", logicalSwitch.uuid, { ports: [...logicalSwitch.ports, port.uuid] });
  },
};
