/**
 * dpctl/add-dp and the like, caches, offload: the fast path is one, its ports are made through OVSDB, and nothing is offloaded;
 * each says so in dpctl's way.
 */
import type { UnixctlCommand } from "../../command.ts";
import { label } from "../../datapaths.ts";
import {
  type DpctlRequest,
  datapathNamed,
  dpctlCommand,
  dpctlError,
  INVALID,
  NO_DEVICE,
  openDatapath,
} from "./dpctl.ts";

const UNSUPPORTED = "Operation not supported";
const ANY_NUMBER = Number.POSITIVE_INFINITY;

function onDatapath(name: string, usage: string, complaint: (words: readonly string[]) => string): UnixctlCommand {
  return dpctlCommand(name, usage, usage === "dp" ? 1 : 2, usage === "dp" ? 1 : ANY_NUMBER, ({ daemon, words }) => {
    if (datapathNamed(daemon, words[0]) === undefined) throw dpctlError("opening datapath", NO_DEVICE);
    throw dpctlError(complaint(words), UNSUPPORTED);
  });
}

const addDp = dpctlCommand("add-dp", "dp [iface...]", 1, ANY_NUMBER, ({ daemon, words }) => {
  throw dpctlError("add_dp", datapathNamed(daemon, words[0]) === undefined ? UNSUPPORTED : "File exists");
});

const cacheGetSize = dpctlCommand("cache-get-size", "[dp]", 0, 1, (request) => {
  return `${label(openDatapath(request, 1).datapath)}:`;
});

const cacheSetSize = dpctlCommand("cache-set-size", "dp cache <size>", 3, 3, ({ daemon, words }: DpctlRequest) => {
  if (datapathNamed(daemon, words[0]) === undefined) throw dpctlError("Opening datapath", NO_DEVICE);
  throw dpctlError("Setting caches not supported", UNSUPPORTED);
});

const offloadStatsShow = dpctlCommand("offload-stats-show", "[dp]", 0, 1, (request) => {
  openDatapath(request, 1);
  throw dpctlError("retrieving offload statistics", INVALID);
});

export const managementCommands: readonly UnixctlCommand[] = [
  addDp,
  onDatapath("del-dp", "dp", () => "del_dp"),
  onDatapath("add-if", "dp iface...", ([, port]) => `adding ${port} to datapath`),
  onDatapath("del-if", "dp iface...", ([, port]) => `deleting port ${port}`),
  onDatapath("set-if", "dp iface...", ([, port]) => `${port}: failed to set configuration`),
  cacheGetSize,
  cacheSetSize,
  offloadStatsShow,
];
