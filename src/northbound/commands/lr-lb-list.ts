import { listAttached } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lrLbList: Command = {
  name: "lr-lb-list",
  usage: "ROUTER",
  minimum: 1,
  maximum: 1,
  run: (invocation) => listAttached(invocation, "Logical_Router"),
};
