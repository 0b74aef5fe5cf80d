import type { Command } from "./command.ts";
import { namedRows } from "./lookup.ts";

export const lrList: Command = {
  name: "lr-list",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: ({ transaction, print }) => print(namedRows(transaction.rows("Logical_Router"))),
};
