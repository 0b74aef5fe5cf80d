import type { UnixctlCommand } from "../command.ts";
import { matchesTuple, parseTuplePattern, TupleError, type TuplePattern } from "../conntrack-tuple.ts";
import { dpctlError, parseDpctlWords, takeZone } from "../dpctl-words.ts";

export const dpctlFlushConntrack: UnixctlCommand = {
  name: "dpctl/flush-conntrack",
  usage: "[dp] [zone=N] [ct-orig-tuple] [ct-reply-tuple]",
  minimum: 0,
  maximum: 4,
  async run(daemon, words) {
    const { conntrack } = daemon.switch.datapath;
    const { zone, rest } = takeZone(parseDpctlWords(words).rest);
    const [original, reply] = patterns(rest);
    const isEmpty = [original, reply].every((pattern) => Object.keys(pattern).length === 0);
    if (isEmpty) {
      conntrack.flush({ zone });
    } else {
      for (const connection of conntrack.connections(zone)) {
        if (!matchesTuple(original, connection.original) || !matchesTuple(reply, connection.reply)) continue;
        conntrack.flush({ zone: connection.zone, tuple: connection.original });
      }
    }
    await daemon.switch.datapath.barrier();
    return "";
  },
};

function patterns(words: readonly string[]): [TuplePattern, TuplePattern] {
  if (words.length > 2) throw dpctlError("invalid arguments");
  const malformedZone = words.find((word) => word.startsWith("zone="));
  if (malformedZone !== undefined) throw dpctlError("failed to parse zone");
  try {
    const original = parseTuplePattern(words[0] ?? "");
    return [original, parseTuplePattern(words[1] ?? "", words[1] ? original.protocol : undefined)];
  } catch (error) {
    throw error instanceof TupleError ? dpctlError(error.message) : error;
  }
}
