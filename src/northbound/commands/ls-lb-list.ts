import { listAttached } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lsLbList: Command = {
  name: "ls-lb-list",
  usage: "SWITCH",
  minimum: 1,
  maximum: 1,
  run: (invocation) => listAttached(invocation, "Logical_Switch"),
};
