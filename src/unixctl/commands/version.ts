import type { UnixctlCommand } from "../command.ts";

export const version: UnixctlCommand = {
  name: "version",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: ({ version }) => version,
};
