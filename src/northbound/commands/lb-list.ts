import { listBalancers } from "./balancer-table.ts";
import type { Command } from "./command.ts";

export const lbList: Command = {
  name: "lb-list",
  usage: "[LB]",
  minimum: 0,
  maximum: 1,
  run({ words, transaction, print }) {
    const [name] = words;
    print(listBalancers(transaction.rows("Load_Balancer").filter((row) => name === undefined || row.name === name)));
  },
};
