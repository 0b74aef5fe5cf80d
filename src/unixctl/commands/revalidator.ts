/** `revalidator/…`: what scripts do before they look at statistics, or to begin with no megaflows. */
import type { UnixctlCommand } from "../command.ts";
import { purge } from "./dpctl-del-flows.ts";

/** Statistics are where they belong when it returns. */
const wait: UnixctlCommand = {
  name: "revalidator/wait",
  usage: "",
  minimum: 0,
  maximum: 0,
  async run({ switch: owner }) {
    await owner.datapath.barrier();
    owner.sweep();
    return "";
  },
};

const purgeAll: UnixctlCommand = {
  name: "revalidator/purge",
  usage: "",
  minimum: 0,
  maximum: 0,
  async run({ switch: owner }) {
    await purge(owner);
    return "";
  },
};

export const revalidatorCommands: readonly UnixctlCommand[] = [wait, purgeAll];
