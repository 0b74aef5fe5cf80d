/**
 * Bonds, LACP, spanning trees, multicast snooping, CFM, BFD, LLDP's auto-attach, QoS: what Megaflow does not have answers as
 * the real one does where nobody has configured it.
 */
import { fixedAnswer, type UnixctlCommand, UnixctlError } from "../command.ts";
import type { Vswitchd } from "../vswitchd.ts";

/** With an argument it looks for something that there is not. */
function showing(name: string, usage: string, complaint: string, empty = ""): UnixctlCommand {
  return {
    name,
    usage,
    minimum: 0,
    maximum: 1,
    run(_daemon, words) {
      if (words.length > 0) throw new UnixctlError(complaint);
      return empty;
    },
  };
}

function refusing(name: string, usage: string | undefined, count: number, complaint: string): UnixctlCommand {
  return {
    name,
    usage,
    minimum: count,
    maximum: count,
    run() {
      throw new UnixctlError(complaint);
    },
  };
}

/** `[interface] normal|false|true` */
function forcing(name: string, complaint: string): UnixctlCommand {
  return {
    name,
    usage: "[interface] normal|false|true",
    minimum: 1,
    maximum: 2,
    run(_daemon, words) {
      if (!/^(true|false|normal)$/i.test(words.at(-1)!)) throw new UnixctlError("unknown fault string");
      if (words.length > 1) throw new UnixctlError(complaint);
      return "OK";
    },
  };
}

function multicast(name: string, usage: string, minimum: number, withoutBridge: string): UnixctlCommand {
  return {
    name,
    usage,
    minimum,
    maximum: 1,
    run(daemon, [bridge]) {
      if (bridge === undefined) return withoutBridge;
      if (!daemon.bridges().some(({ name }) => name === bridge)) throw new UnixctlError("no such bridge");
      throw new UnixctlError("multicast snooping is disabled");
    },
  };
}

function qos(name: string, answer: (port: string) => string): UnixctlCommand {
  return {
    name,
    usage: "interface",
    minimum: 1,
    maximum: 1,
    run(daemon: Vswitchd, [port]) {
      const known = daemon.bridges().some((bridge) => bridge.portByName(port) !== undefined);
      if (!known) throw new UnixctlError("no such interface");
      return answer(port);
    },
  };
}

const NO_BOND = "no such bond";
const memberCommands = ["enable-member", "disable-member", "set-active-member"];
const formerNames = ["enable-slave", "disable-slave", "set-active-slave"];

export const unconfiguredCommands: readonly UnixctlCommand[] = [
  fixedAnswer("bond/list", "", 0, "bond\ttype\trecircID\tmembers"),
  showing("bond/show", "[port]", NO_BOND),
  refusing("bond/migrate", "port hash member", 3, NO_BOND),
  ...memberCommands.map((name) => refusing(`bond/${name}`, "port member", 2, NO_BOND)),
  ...formerNames.map((name) => refusing(`bond/${name}`, undefined, 2, NO_BOND)),
  showing("lacp/show", "[port]", "no such lacp object"),
  showing("lacp/show-stats", "[port]", "no such lacp object"),
  showing("stp/show", "[bridge]", "no such stp object"),
  showing("stp/tcn", "[bridge]", "no such stp object", "OK"),
  showing("rstp/show", "[bridge]", "No such RSTP object"),
  showing("rstp/tcn", "[bridge]", "No such RSTP object", "OK"),
  showing("cfm/show", "[interface]", "no such CFM object"),
  forcing("cfm/set-fault", "no such CFM object"),
  showing("bfd/show", "[interface]", "no such bfd object"),
  forcing("bfd/set-forwarding", "no such BFD object"),
  multicast("mdb/show", "bridge", 1, ""),
  multicast("mdb/flush", "[bridge]", 0, "table successfully flushed"),
  fixedAnswer("autoattach/status", "[bridge]", 1, ""),
  fixedAnswer("autoattach/show-isid", "[bridge]", 1, ""),
  fixedAnswer("autoattach/statistics", "[bridge]", 1, ""),
  qos("qos/show", (port) => `QoS not configured on ${port}`),
  qos("qos/show-types", (port) => `No QoS types supported for interface: ${port}`),
];
