/**
 * `ofproto/trace`: the way of a packet through the tables. Forms: `bridge br_flow`, `[dp] odp_flow`, each with options.
 *
 * With `-generate` or a packet in hexadecimal what the packet teaches is learned, and controllers and the connection tracker
 * see it; it leaves by no port.
 */
import type { UnixctlCommand } from "../command.ts";
import { runTrace } from "../trace-run.ts";
import { traceStart } from "../trace-start.ts";
import { parseTraceWords } from "../trace-words.ts";

export const ofprotoTrace: UnixctlCommand = {
  name: "ofproto/trace",
  usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const options = parseTraceWords(words, false);
    return runTrace(daemon, traceStart(daemon, options), options);
  },
};
