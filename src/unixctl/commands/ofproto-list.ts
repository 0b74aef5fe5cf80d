import type { UnixctlCommand } from "../command.ts";

export const ofprotoList: UnixctlCommand = {
  name: "ofproto/list",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: (daemon) =>
    daemon
      .bridges()
      .map(({ name }) => `${name}\n`)
      .join(""),
};
