/** time/stop, time/warp: the clock of `--enable-dummy`, for test suites. */
import { type UnixctlCommand, UnixctlError } from "../command.ts";

const stop: UnixctlCommand = {
  name: "time/stop",
  usage: "",
  minimum: 0,
  maximum: 0,
  isKnown: ({ clock }) => clock !== undefined,
  run({ clock }) {
    clock!.stop();
    return "";
  },
};

const warp: UnixctlCommand = {
  name: "time/warp",
  usage: "[large_msecs] msecs",
  minimum: 1,
  maximum: 2,
  isKnown: ({ clock }) => clock !== undefined,
  async run({ clock }, words) {
    const step = Number.parseInt(words.at(-1)!, 10) || 0;
    const total = words.length > 1 ? Number.parseInt(words[0], 10) || 0 : step;
    if (step <= 0 || total < 0) throw new UnixctlError("invalid MSECS");
    await clock!.warp(Math.max(total, step), step);
    return "warped";
  },
};

export const timeCommands: readonly UnixctlCommand[] = [stop, warp];
