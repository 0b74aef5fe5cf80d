import type { Command } from "./command.ts";
import { namedRows } from "./lookup.ts";

export const lsList: Command = {
  name: "ls-list",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: ({ transaction, print }) => print(namedRows(transaction.rows("Logical_Switch"))),
};
