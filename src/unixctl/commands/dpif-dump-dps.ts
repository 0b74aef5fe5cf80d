import type { UnixctlCommand } from "../command.ts";
import { bridgesByType } from "../datapath.ts";

export const dpifDumpDps: UnixctlCommand = {
  name: "dpif/dump-dps",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: (daemon) =>
    bridgesByType(daemon)
      .flatMap(([, bridges]) => bridges.map(({ name }) => `${name}\n`))
      .join(""),
};
