/** What ls-add and lr-add, ls-del and lr-del have in common. */
import { CommandError, type Invocation } from "./command.ts";
import { find, get } from "./lookup.ts";

type DatapathTable = "Logical_Switch" | "Logical_Router";

export function addNamed({ words, options, transaction }: Invocation, table: DatapathTable, noun: string): void {
  const [name] = words;
  const mayExist = options.has("--may-exist");
  const addDuplicate = options.has("--add-duplicate");
  if (mayExist && addDuplicate) throw new CommandError("--may-exist and --add-duplicate may not be used together");
  if (name === undefined) {
    if (mayExist) throw new CommandError("--may-exist requires specifying a name");
    if (addDuplicate) throw new CommandError("--add-duplicate requires specifying a name");
  } else if (!addDuplicate && transaction.rows(table).some((row) => row.name === name)) {
    if (mayExist) return;
    throw new CommandError(`${name}: a ${noun} with this name already exists`);
  }
  transaction.insert(table, { name: name ?? "" });
}

export function removeNamed({ words, options, transaction }: Invocation, table: DatapathTable): void {
  const row = options.has("--if-exists") ? find(transaction, table, words[0]) : get(transaction, table, words[0]);
  if (!row) return;
  transaction.remove(table, row.uuid);
  const children = table === "Logical_Switch" ? "Logical_Switch_Port" : "Logical_Router_Port";
  for (const port of row.ports) transaction.remove(children, port);
}
