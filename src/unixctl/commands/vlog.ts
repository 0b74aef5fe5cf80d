/** `vlog/…`: what is logged, and where to. */
import { applySpecification, formatLevels } from "../../vlog/specification.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";

const set: UnixctlCommand = {
  name: "vlog/set",
  usage: "{spec | PATTERN:destination:pattern}",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run({ vlog }, words) {
    for (const word of words) {
      const complaint = applySpecification(vlog, word);
      if (complaint !== undefined) throw new UnixctlError(complaint);
    }
    return "";
  },
};

const list: UnixctlCommand = {
  name: "vlog/list",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: ({ vlog }) => formatLevels(vlog),
};

/** Log rotation moves the file away and calls this. */
const reopen: UnixctlCommand = {
  name: "vlog/reopen",
  usage: "",
  minimum: 0,
  maximum: 0,
  run({ vlog }) {
    if (vlog.filePath === undefined) throw new UnixctlError("Logging to file not configured");
    vlog.reopenFile();
    return "";
  },
};

const close: UnixctlCommand = {
  name: "vlog/close",
  usage: "",
  minimum: 0,
  maximum: 0,
  run({ vlog }) {
    vlog.closeFile();
    return "";
  },
};

/** There are no rate limits to change: accepted for the scripts that do. */
const rateLimits = ["vlog/disable-rate-limit", "vlog/enable-rate-limit"].map(
  (name): UnixctlCommand => ({
    name,
    usage: "[module]...",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
    run: () => "",
  }),
);

export const vlogCommands: readonly UnixctlCommand[] = [set, list, reopen, close, ...rateLimits];
