/** `vlog/…`: what is logged, and where to. */

import { isDestination } from "../../vlog/level.ts";
import { applySpecification, formatLevels } from "../../vlog/specification.ts";
import { fixedAnswer, type UnixctlCommand, UnixctlError } from "../command.ts";

const set: UnixctlCommand = {
  name: "vlog/set",
  usage: "{spec | PATTERN:destination:pattern}",
  minimum: 0,
  maximum: Number.POSITIVE_INFINITY,
  run({ vlog }, words) {
    for (const word of words) {
      const complaint = complaintAbout(word) ?? applySpecification(vlog, word);
      if (complaint !== undefined) throw new UnixctlError(complaint);
    }
    return "";
  },
};

/** Lines have one pattern, and syslog is not written to: both are checked and go no further. */
function complaintAbout(word: string): string | undefined {
  const [, kind, argument] = /^(PATTERN|FACILITY):([^:]*)/i.exec(word) ?? [];
  if (kind === undefined) return undefined;
  if (/^FACILITY$/i.test(kind)) return FACILITIES.includes(argument) ? undefined : "invalid facility";
  return isDestination(argument.toLowerCase()) || argument === "ANY" || argument === "any"
    ? undefined
    : `unknown destination "${argument}"`;
}

const FACILITIES =
  "kern user mail daemon auth syslog lpr news uucp clock ftp ntp audit alert clock2 local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );

const PATTERNS = [
  "         prefix                            format",
  "         ------                            ------",
  "SYSLOG   <%B> %D{%h %e %T} %E %A:          ovs|%05N|%c%T|%p|%m",
  "CONSOLE  none                              %D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
  "FILE     none                              %D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
];

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
    run({ vlog }, words) {
      if (!words.every((word) => vlog.hasModule(word.toLowerCase()))) throw new UnixctlError("unknown module");
      return "";
    },
  }),
);

export const vlogCommands: readonly UnixctlCommand[] = [
  set,
  list,
  fixedAnswer("vlog/list-pattern", "", 0, PATTERNS.join("\n")),
  reopen,
  close,
  ...rateLimits,
];
