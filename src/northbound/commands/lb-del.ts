import { type Command, CommandError } from "./command.ts";
import { find } from "./lookup.ts";

export const lbDel: Command = {
  name: "lb-del",
  usage: "LB [VIP]",
  minimum: 1,
  maximum: 2,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const [id, vip] = words;
    const balancer = find(transaction, "Load_Balancer", id);
    if (!balancer) return;
    if (vip === undefined) return transaction.remove("Load_Balancer", balancer.uuid);
    if (!balancer.vips.has(vip)) {
      if (options.has("--if-exists")) return;
      throw new CommandError(`vip ${vip} is not part of the load balancer.`);
    }
    const vips = new Map([...balancer.vips].filter(([key]) => key !== vip));
    if (vips.size === 0) transaction.remove("Load_Balancer", balancer.uuid);
    else transaction.update("Load_Balancer", balancer.uuid, { vips });
  },
};
