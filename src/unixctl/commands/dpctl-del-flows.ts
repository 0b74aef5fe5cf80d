import type { Switch } from "../../slowpath/switch.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";
import { parseDpctlWords } from "../dpctl-words.ts";

/** Megaflows that are deleted come back with the next packet. */
export const dpctlDelFlows: UnixctlCommand = {
  name: "dpctl/del-flows",
  usage: "[dp]",
  minimum: 0,
  maximum: 2,
  async run(daemon, words) {
    if (parseDpctlWords(words).rest.length > 0) throw new UnixctlError("flows cannot be deleted from a file");
    await purge(daemon.switch);
    return "";
  },
};

export async function purge(owner: Switch): Promise<void> {
  for (const flow of [...owner.megaflows]) owner.revalidator.remove(flow);
  await owner.datapath.barrier();
}
