import type { UnixctlCommand } from "../command.ts";
import { bridgesByType, datapathName } from "../datapath.ts";

export const dpctlDumpDps: UnixctlCommand = {
  name: "dpctl/dump-dps",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: (daemon) =>
    bridgesByType(daemon)
      .map(([type]) => `${datapathName(type)}\n`)
      .join(""),
};
