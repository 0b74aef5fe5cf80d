/**
 * What dpif-netdev/… and odp-execute/… say of OVS's poll-mode threads and of its variants for special processors: here is one
 * fast path in one variant, so there is nothing to show, and the names that can be chosen are those of the plain ones.
 */
import { fixedAnswer, type UnixctlCommand, UnixctlError } from "../../command.ts";

const rxqShow: UnixctlCommand = {
  name: "dpif-netdev/pmd-rxq-show",
  usage: "[-pmd core] [-secs secs] [dp]",
  minimum: 0,
  maximum: 5,
  run(_daemon, words) {
    const at = words.indexOf("-secs");
    const asked = Number.parseInt(words[at + 1] ?? "", 10);
    const seconds = at < 0 || !(asked > 0) || asked > 60 ? 60 : Math.ceil(asked / 5) * 5;
    return `Displaying last ${seconds} seconds pmd usage %`;
  },
};

/** A choice of one. */
function chooser(name: string, usage: string, only: string, accepted: string, refused: (choice: string) => string) {
  const command: UnixctlCommand = {
    name,
    usage,
    minimum: 1,
    maximum: 5,
    run(_daemon, words) {
      const choice = words.find((word, i) => !word.startsWith("-") && words[i - 1] !== "-pmd") ?? "";
      if (choice !== only) throw new UnixctlError(refused(choice));
      return accepted;
    },
  };
  return command;
}

const lookupChoices = "Available dpcls implementations:\n  generic (Use count: 0, Priority: 1)";

const setLookup: UnixctlCommand = {
  name: "dpif-netdev/subtable-lookup-prio-set",
  usage: "[lookup_func] [prio]",
  minimum: 2,
  maximum: 2,
  run(_daemon, [name]) {
    if (name !== "generic") throw new UnixctlError("error, subtable lookup function not found");
    return "Lookup priority change affected 0 dpcls ports and 0 subtables.";
  },
};

export const threadCommands: readonly UnixctlCommand[] = [
  rxqShow,
  setLookup,
  fixedAnswer("dpif-netdev/pmd-rxq-rebalance", "[dp]", 1, "pmd rxq rebalance requested."),
  fixedAnswer("dpif-netdev/pmd-perf-show", "[-nh] [-it iter-history-len] [-ms ms-history-len] [-pmd core] [dp]", 8, ""),
  fixedAnswer("dpif-netdev/pmd-perf-log-set", "on|off [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]", 10, ""),
  fixedAnswer("dpif-netdev/bond-show", "[dp]", 1, ""),
  fixedAnswer("dpif-netdev/subtable-lookup-info-get", "", 0, lookupChoices),
  fixedAnswer("dpif-netdev/subtable-lookup-prio-get", undefined, 0, lookupChoices),
  fixedAnswer("dpif-netdev/dpif-impl-get", "", 0, "Available DPIF implementations:\n  dpif_scalar (pmds: none)"),
  chooser(
    "dpif-netdev/dpif-impl-set",
    "dpif_implementation_name",
    "dpif_scalar",
    "DPIF implementation set to dpif_scalar.",
    (name) => `DPIF implementation not available: Unknown DPIF implementation ${name}.`,
  ),
  fixedAnswer(
    "dpif-netdev/miniflow-parser-get",
    "",
    0,
    "Available MFEX implementations:\n  scalar (available: True pmds: none)",
  ),
  chooser(
    "dpif-netdev/miniflow-parser-set",
    "[-pmd core] miniflow_implementation_name [study_pkt_cnt]",
    "scalar",
    "Miniflow extract implementation set to scalar.",
    (name) => `Error: unknown miniflow extract implementation ${name}.`,
  ),
  fixedAnswer(
    "odp-execute/action-impl-show",
    "",
    0,
    "Available Actions implementations:\n  scalar (available: Yes, active: Yes)",
  ),
  chooser(
    "odp-execute/action-impl-set",
    "name",
    "scalar",
    "Action implementation set to scalar.",
    (name) => `Error: unknown action implementation, ${name}, specified!`,
  ),
  fixedAnswer("dpif-netlink/dispatch-mode", "", 0, "netdev@ovs-netdev: per-vport dispatch mode"),
];
