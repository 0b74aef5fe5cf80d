/** dpctl/flush-conntrack: all connections, those of a zone, one by its tuple, or all that a part of a tuple fits. */
import { type ConnectionMatch, flushConnections, isWholeTuple } from "../../../slowpath/flush-connections.ts";
import { UnixctlError } from "../../command.ts";
import { parseTuple } from "../../connection-tuple.ts";
import {
  type DpctlRequest,
  datapathNamed,
  dpctlCommand,
  dpctlError,
  INVALID,
  NO_ENTRY,
  openDatapath,
} from "./dpctl.ts";

const USAGE = "[dp] [zone=N] [ct-orig-tuple] [ct-reply-tuple]";

export const flushConntrack = dpctlCommand("flush-conntrack", USAGE, 0, 4, async (request) => {
  const { zone, match } = readArguments(request);
  openDatapath(request, 4);
  const { datapath } = request.daemon.switch;
  if (match === undefined) {
    datapath.conntrack.flush({ zone });
  } else {
    const found = flushConnections(datapath.conntrack, { ...match, zone });
    if (found === 0 && isWholeTuple(match)) throw dpctlError("failed to flush conntrack", NO_ENTRY);
  }
  await datapath.barrier();
  return "";
});

function readArguments({ daemon, words }: DpctlRequest): { zone?: number; match?: ConnectionMatch } {
  const rest = [...words];
  if (rest.length > 0 && datapathNamed(daemon, rest[0]) !== undefined) rest.shift();
  let zone: number | undefined;
  if (rest[0]?.startsWith("zone=")) {
    const number = /^zone=(\d+)/.exec(rest.shift()!);
    if (number === null) throw dpctlError("failed to parse zone", INVALID);
    zone = Number(number[1]) & 0xffff;
  }
  try {
    const match = rest.length === 0 ? undefined : parseTuple(rest[0], rest[1]);
    if (rest.length > 2) throw new UnixctlError("invalid arguments");
    return { zone, match };
  } catch (error) {
    if (!(error instanceof UnixctlError)) throw error;
    throw dpctlError(error.message, INVALID);
  }
}
